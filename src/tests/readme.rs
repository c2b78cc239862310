//! The README says what is so.

/// The C program of the README is the one that is compiled and run.
#[test]
fn c_program_is_the_example() {
    let readme = include_str!("../../README.md");
    let program = include_str!("../../examples/c/minimal.c");
    assert!(readme.contains(&format!("```c\n{}\n```", program.trim_end())));
}

/// What the README wires up for feedback is what the example runs.
#[test]
fn feedback_is_that_of_the_example() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```rust,ignore\n").expect("the section on feedback");
    let (code, _) = rest.split_once("```").expect("its end");
    assert!(code.contains("fn feedback") && code.contains("fn answer"));
    assert!(include_str!("../../examples/feedback.rs").contains(code));
}
