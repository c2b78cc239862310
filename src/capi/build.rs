//! Keeps the symbols of dependencies out of the shared library: rav1d exports dav1d's own names,
//! which would meet those of a system's libdav1d in the same process.

fn main() {
    println!("cargo::rerun-if-changed=src/capi/build.rs");
    let target = |key: &str| std::env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") == "linux" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");
    }
}
