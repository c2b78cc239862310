//! Keeps the shared library to the functions of `rtav1.h`: the exports of libraries within it,
//! such as `dav1d_open`, would take the place of a libdav1d that the same program uses.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=src/capi/build.rs");
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["android", "freebsd", "linux", "netbsd", "openbsd"].contains(&system.as_str()) {
        println!("cargo:rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");
    }
}
