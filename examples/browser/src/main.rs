//! A call between a browser and this library: serves a page, and is the other end of its calls.

#[cfg(test)]
mod calls;
mod check;
mod common;
mod delivery;
mod descriptor;
mod encoding;
mod estimate;
mod ladder;
mod losses;
mod mark;
mod options;
mod peer;
mod receiving;
mod relay;
mod sending;
mod server;
mod source;
mod stats;

use std::net::{IpAddr, SocketAddr};

use clap::Parser;

use crate::server::Server;
use crate::source::Source;

/// Serves a page that calls this library: open it in Chromium or Firefox.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Where the page is served.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The address for video, which browsers are told; that of `--listen` unless given.
    #[arg(long)]
    ip: Option<IpAddr>,
    /// What is sent to browsers that do not ask for a mirror.
    #[arg(long, default_value = "synthetic:moving-texture:640x360", help = common::clip::CLIP_HELP)]
    clip: String,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let ip = args.ip.unwrap_or(args.listen.ip());
    let server = Server::bind(args.listen, ip, Source::open(&args.clip)?)?;
    println!("open http://{}/", server.address());
    server.run()
}
