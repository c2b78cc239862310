//! The page, and the calls that it makes, over HTTP.
//!
//! | request | answer |
//! |---|---|
//! | `GET /` and its files | the page |
//! | `POST /calls?OPTIONS` with an SDP offer | `{"id", "sdp"}` |
//! | `GET /calls/ID` | the numbers of a call |
//! | `POST /calls/ID/close`, `/withhold`, `/pli`, `/fir` | |
//! | `POST /calls/ID/picture?WIDTHxHEIGHT` with luma samples | how it compares |
//! | `POST /relays?OPTIONS` with the address of an end | `{"id", "near", "far"}`: a link between two browsers |

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};
use str0m::media::KeyframeRequestKind;
use tiny_http::{Header, Method, Request, Response};

use crate::options::Options;
use crate::peer::{self, Handle, Input};
use crate::relay::Relay;
use crate::source::Source;

/// Requests that are answered side by side.
const THREADS: usize = 4;
/// The most bytes of a request: a picture's luma.
const MAX_BODY: u64 = 16 << 20;
/// Calls at once; the oldest ends for the next.
const MAX_CALLS: usize = 16;

const PAGE: [(&str, &str, &str); 6] = [
    ("/", "text/html; charset=utf-8", include_str!("../page/index.html")),
    ("/call.js", "text/javascript; charset=utf-8", include_str!("../page/call.js")),
    ("/blank", "text/html; charset=utf-8", "<!doctype html><title>rtav1</title>"),
    ("/page.js", "text/javascript; charset=utf-8", include_str!("../page/page.js")),
    ("/plots.js", "text/javascript; charset=utf-8", include_str!("../page/plots.js")),
    ("/page.css", "text/css; charset=utf-8", include_str!("../page/page.css")),
];

/// The server and its calls.
pub(crate) struct Server {
    http: tiny_http::Server,
    ip: IpAddr,
    source: Arc<Source>,
    calls: Mutex<BTreeMap<u64, Call>>,
}

enum Call {
    Peer(Box<Handle>),
    Relay { _works: Relay },
}

impl Server {
    pub(crate) fn bind(address: SocketAddr, ip: IpAddr, source: Source) -> anyhow::Result<Self> {
        let http =
            tiny_http::Server::http(address).map_err(|error| anyhow!("{address}: {error}"))?;
        Ok(Self { http, ip, source: Arc::new(source), calls: Mutex::default() })
    }

    /// Where it is served.
    pub(crate) fn address(&self) -> String {
        self.http.server_addr().to_string()
    }

    /// Answers requests for ever.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| self.work())).collect();
            workers.into_iter().try_for_each(|worker| match worker.join() {
                Ok(result) => result,
                Err(_) => bail!("a thread panicked"),
            })
        })
    }

    fn work(&self) -> anyhow::Result<()> {
        loop {
            let request = self.http.recv()?;
            // A browser that went away hears no answer.
            let _ = self.answer(request);
        }
    }

    fn answer(&self, mut request: Request) -> std::io::Result<()> {
        let url = request.url().to_owned();
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        if let Some((_, kind, content)) = PAGE.iter().find(|(name, ..)| *name == path) {
            return request
                .respond(Response::from_string(*content).with_header(content_type(kind)));
        }
        let mut body = Vec::new();
        request.as_reader().take(MAX_BODY).read_to_end(&mut body)?;
        let (status, value) = match self.call(request.method(), path, query, &body) {
            Ok(value) => (200, value),
            Err(error) => (400, json!({ "error": format!("{error:#}") })),
        };
        let response = Response::from_string(value.to_string()).with_status_code(status);
        request.respond(response.with_header(content_type("application/json")))
    }

    fn call(&self, method: &Method, path: &str, query: &str, body: &[u8]) -> anyhow::Result<Value> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match (method, &parts[..]) {
            (Method::Post, ["calls"]) => {
                let options = Options::parse(query)?;
                let offer = std::str::from_utf8(body)?;
                let source = Arc::clone(&self.source);
                let (sdp, handle) = peer::start(offer, &options, self.ip, source)?;
                Ok(json!({ "id": self.add(Call::Peer(Box::new(handle))), "sdp": sdp }))
            }
            (Method::Post, ["relays"]) => {
                let link = Options::parse(query)?.link.context("no link")?;
                let far = std::str::from_utf8(body)?.parse().ok();
                let relay = Relay::start(self.ip, link, far)?;
                let (near, far) = (relay.near().to_string(), relay.far().to_string());
                Ok(
                    json!({ "id": self.add(Call::Relay { _works: relay }), "near": near, "far": far }),
                )
            }
            (Method::Get, ["calls", id]) => {
                self.with(id, |handle| Ok(handle.stats.lock().to_json()))
            }
            (Method::Post, ["calls", id, "close"]) => {
                let call = self.calls().remove(&id.parse()?);
                drop(call);
                Ok(json!({}))
            }
            (Method::Post, ["calls", id, "picture"]) => {
                let (width, height) = query.split_once('x').context("no size")?;
                let (width, height) = (width.parse()?, height.parse()?);
                let check = self.with(id, |handle| Ok(Arc::clone(&handle.check)))?;
                let compared = check.compare(body, width, height)?;
                Ok(json!({
                    "number": compared.number,
                    "marked": compared.marked,
                    "browser": compared.browser,
                    "decoder": compared.decoder,
                    "between": compared.between,
                }))
            }
            (Method::Post, ["calls", id, action]) => {
                let input = match *action {
                    "withhold" => Input::Withhold,
                    "pli" => Input::RequestKeyFrame(KeyframeRequestKind::Pli),
                    "fir" => Input::RequestKeyFrame(KeyframeRequestKind::Fir),
                    _ => bail!("no such action"),
                };
                self.with(id, |handle| Ok(handle.inputs.send(input)?))?;
                Ok(json!({}))
            }
            _ => bail!("no such thing"),
        }
    }

    fn add(&self, call: Call) -> u64 {
        let mut calls = self.calls();
        let id = calls.last_key_value().map_or(1, |(last, _)| last + 1);
        calls.insert(id, call);
        if calls.len() > MAX_CALLS {
            calls.pop_first();
        }
        id
    }

    fn with<T>(
        &self,
        id: &str,
        each: impl FnOnce(&Handle) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        match self.calls().get(&id.parse()?) {
            Some(Call::Peer(handle)) => each(handle),
            _ => bail!("no such call"),
        }
    }

    fn calls(&self) -> MutexGuard<'_, BTreeMap<u64, Call>> {
        self.calls.lock().expect("no thread panics with it")
    }
}

fn content_type(kind: &str) -> Header {
    Header::from_bytes("Content-Type", kind).expect("a header of ASCII")
}
