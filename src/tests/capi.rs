//! The C header against its sources, and the C examples against the shared library: the one that
//! the environment variable `RTAV1_LIBRARY` names, or else the one that [`BUILD`] made of these
//! sources. Without either, what needs it is left out with a word.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const HEADER: &str = include_str!("../capi/rtav1.h");

/// What makes the shared library, as the README has it.
const BUILD: &str = "cargo rustc --release --lib --features capi --crate-type cdylib";

#[test]
fn header_is_current() {
    let folder = Path::new(ROOT).join("src/capi");
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_src(folder.join("mod.rs"))
        .generate()
        .expect("src/capi can be read");
    let mut generated = Vec::new();
    bindings.write(&mut generated);
    let generated = String::from_utf8(generated).unwrap();
    if env::var_os("RTAV1_BLESS").is_some() {
        fs::write(folder.join("rtav1.h"), generated).unwrap();
        return;
    }
    let difference = HEADER.lines().zip(generated.lines()).position(|(old, new)| old != new);
    assert!(
        HEADER == generated,
        "src/capi/rtav1.h is stale from line {} on; write it anew by RTAV1_BLESS=1 cargo test \
         --lib header",
        difference.unwrap_or(HEADER.lines().count().min(generated.lines().count())) + 1
    );
}

/// The functions that the header declares.
pub(crate) fn declared() -> BTreeSet<&'static str> {
    let code = HEADER.lines().filter(|line| !line.trim_start().starts_with(['/', '*']));
    code.flat_map(|line| line.match_indices("rtav1_").map(move |(at, _)| &line[at..]))
        .filter_map(|name| {
            let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
            name[end..].starts_with('(').then(|| &name[..end])
        })
        .collect()
}

#[test]
fn only_the_declared_functions_are_exported() {
    let functions = declared();
    assert!(functions.contains("rtav1_encoder_new") && functions.len() > 30);
    let Some(library) = library().filter(|_| cfg!(target_os = "linux")) else { return };
    let Ok(output) = Command::new("nm").args(["-D", "--defined-only"]).arg(&library).output()
    else {
        return eprintln!("skipped: there is no nm");
    };
    check(&output, "nm");
    let symbols = String::from_utf8(output.stdout).unwrap();
    let exported: BTreeSet<&str> =
        symbols.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert_eq!(exported, functions);
}

/// A program linked with one version asks for that version at run time.
#[test]
fn shared_library_names_its_version() {
    let Some(library) = library().filter(|_| cfg!(target_os = "linux")) else { return };
    let Ok(output) = Command::new("readelf").args(["-W", "-d"]).arg(&library).output() else {
        return eprintln!("skipped: there is no readelf");
    };
    check(&output, "readelf");
    let text = String::from_utf8_lossy(&output.stdout);
    let soname = text.lines().find(|line| line.contains("(SONAME)")).expect("a SONAME");
    assert!(soname.ends_with(&format!("[{}]", soname_of_this_version())), "{soname}");
}

/// The version up to what may break the ABI, as Cargo and cargo-c count.
fn soname_of_this_version() -> String {
    let version = match env!("CARGO_PKG_VERSION_MAJOR") {
        "0" => concat!("0.", env!("CARGO_PKG_VERSION_MINOR")),
        major => major,
    };
    format!("librtav1.so.{version}")
}

#[test]
fn readme_builds_the_library() {
    assert!(include_str!("../../README.md").contains(BUILD));
}

#[test]
fn loopback_example_runs() {
    run_example("loopback");
}

#[test]
fn minimal_example_runs() {
    run_example("minimal");
}

/// Compiles `examples/c/{name}.c`, links it with the shared library and runs it.
fn run_example(name: &str) {
    let Some(library) = library() else { return };
    let Some(compiler) = compiler() else { return };
    let folder = env::current_exe().unwrap().with_file_name(format!("c-{name}.lib"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    // By both names: the linker looks for the first, the program for the second.
    let linked = folder.join(library.file_name().unwrap());
    fs::copy(&library, &linked).unwrap();
    fs::hard_link(&linked, folder.join(soname_of_this_version())).unwrap();
    let program = folder.with_extension("");
    let output = compiler
        .to_command()
        .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"])
        .arg("-I")
        .arg(Path::new(ROOT).join("src/capi"))
        .arg(Path::new(ROOT).join(format!("examples/c/{name}.c")))
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(&folder)
        .args(["-lrtav1", "-lm"])
        .output();
    let Ok(output) = output else { return eprintln!("skipped: there is no C compiler") };
    check(&output, "the compiler");
    let search = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    let output = Command::new(&program).env(search, &folder).output().unwrap();
    check(&output, name);
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

fn compiler() -> Option<cc::Tool> {
    let target = match env::consts::OS {
        "linux" if cfg!(target_env = "musl") => format!("{}-unknown-linux-musl", env::consts::ARCH),
        "linux" => format!("{}-unknown-linux-gnu", env::consts::ARCH),
        "macos" => format!("{}-apple-darwin", env::consts::ARCH),
        os => {
            eprintln!("skipped: the C examples are not built on {os}");
            return None;
        }
    };
    let mut build = cc::Build::new();
    build.host(&target).target(&target).opt_level(1).cargo_metadata(false);
    let compiler = build.try_get_compiler();
    if let Err(error) = &compiler {
        eprintln!("skipped: there is no C compiler: {error}");
    }
    compiler.ok()
}

/// The shared library named, or built beside or above the test program.
fn library() -> Option<PathBuf> {
    if let Some(library) = env::var_os("RTAV1_LIBRARY") {
        let library = PathBuf::from(library);
        assert!(library.is_file(), "RTAV1_LIBRARY: there is no {}", library.display());
        return Some(library);
    }
    let name = format!("{}rtav1{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let program = env::current_exe().unwrap();
    let folders = program.ancestors().skip(1).take(2);
    let newest = folders
        .filter_map(|folder| Some((modified(&folder.join(&name))?, folder.join(&name))))
        .max();
    match newest {
        Some((time, library)) if time >= newest_source(&Path::new(ROOT).join("src")) => {
            Some(library)
        }
        Some((_, library)) => {
            let library = library.display();
            eprintln!("skipped: {library} is older than the sources; {BUILD} makes it");
            None
        }
        None => {
            eprintln!("skipped: there is no {name}; {BUILD} makes it");
            None
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn newest_source(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let times = entries.map(|path| match path.is_dir() {
        true => newest_source(&path),
        false if path.extension().is_some_and(|ending| ending == "rs") => modified(&path).unwrap(),
        false => SystemTime::UNIX_EPOCH,
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

fn check(output: &Output, what: &str) {
    let text = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "{what} failed with {}:\n{text}", output.status);
}
