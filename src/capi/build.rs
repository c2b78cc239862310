//! Links the shared library of the C interface, whichever way it is built: `[lib]` names no crate
//! type for it, so the arguments go to everything that is linked with the feature `capi`. Programs
//! do not mind them.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=src/capi/build.rs");
    let target = |key: &str| var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if var("CARGO_FEATURE_CAPI").is_ok() && target("OS") == "linux" {
        // The symbols of dependencies stay inside: rav1d exports dav1d's own names, which would
        // meet those of a system's libdav1d in the same process.
        println!("cargo::rustc-link-arg=-Wl,--exclude-libs,ALL");
        println!("cargo::rustc-link-arg=-Wl,-soname,librtav1.so.{}", abi_version());
    }
}

/// The part of the package's version within which the ABI holds, as cargo-c and Cargo have it:
/// `1` of 1.2.3, `0.1` of 0.1.2.
fn abi_version() -> String {
    let part = |key: &str| var(format!("CARGO_PKG_VERSION_{key}")).unwrap_or_default();
    let (major, minor) = (part("MAJOR"), part("MINOR"));
    if major == "0" { format!("{major}.{minor}") } else { major }
}
