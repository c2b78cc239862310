//! The README says what is so.

/// The C program of the README is the one that is compiled and run.
#[test]
fn c_program_is_the_example() {
    let readme = include_str!("../../README.md");
    let program = include_str!("../../examples/c/minimal.c");
    assert!(readme.contains(&format!("```c\n{}\n```", program.trim_end())));
}
