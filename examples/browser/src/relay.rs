//! A thin link between two UDP sockets: a bottleneck with a queue, then loss and delay, each way.
//!
//! It knows nothing of what it carries. What arrives at its near socket goes out of the far one to the
//! far end, and the other way round; the ends are those that packets came from last.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes around a datagram on the wire: IPv4 20, UDP 8.
pub(crate) const DATAGRAM_OVERHEAD: usize = 28;
/// How often a thread looks whether it is to end.
const TICK: Duration = Duration::from_millis(50);
/// The most bytes of a datagram that is carried.
const MAX_DATAGRAM: usize = 2048;

/// What the link does to datagrams, each way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Link {
    /// Bit/s on the wire, IP and UDP headers included; `None`: as fast as it comes.
    pub(crate) rate: Option<f64>,
    /// The longest that a datagram waits for its turn and its own transmission.
    pub(crate) queue: Duration,
    /// From the end of the transmission to the other end.
    pub(crate) delay: Duration,
    /// Share of datagrams that are lost behind the bottleneck, 0 to 1.
    pub(crate) loss: f64,
    /// Start of the random numbers.
    pub(crate) seed: u64,
}

impl Default for Link {
    /// Any rate, a queue of 300 ms, no delay, no loss.
    fn default() -> Self {
        let queue = Duration::from_millis(300);
        Self { rate: None, queue, delay: Duration::ZERO, loss: 0.0, seed: 1 }
    }
}

/// One way of a link; its clock is its user's.
#[derive(Debug)]
struct OneWay {
    link: Link,
    free_at: Duration,
    random: u64,
    under_way: VecDeque<(Duration, Vec<u8>)>,
}

impl OneWay {
    fn new(link: Link, direction: u64) -> Self {
        let random = link.seed.wrapping_mul(2).wrapping_add(direction);
        Self { link, free_at: Duration::ZERO, random, under_way: VecDeque::new() }
    }

    /// A datagram comes in at `now`; `false` if it is not going to arrive.
    fn send(&mut self, now: Duration, datagram: &[u8]) -> bool {
        let bits = (datagram.len() + DATAGRAM_OVERHEAD) as f64 * 8.0;
        let taken = self.link.rate.map_or(0.0, |rate| bits / rate);
        let departure = self.free_at.max(now) + Duration::from_secs_f64(taken);
        if self.link.rate.is_some() && departure - now > self.link.queue {
            return false;
        }
        self.free_at = departure;
        if self.chance() < self.link.loss {
            return false;
        }
        self.under_way.push_back((departure + self.link.delay, datagram.to_vec()));
        true
    }

    /// A datagram that arrives not later than `now`.
    fn receive(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.under_way.pop_front_if(|(due, _)| *due <= now).map(|(_, datagram)| datagram)
    }

    fn next_arrival(&self) -> Option<Duration> {
        self.under_way.front().map(|(due, _)| *due)
    }

    /// From 0 to 1, by splitmix64.
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A link at work, in two threads; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    near: SocketAddr,
    far: SocketAddr,
    ends: Arc<Ends>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// Where to send what arrives, learnt from where it comes.
#[derive(Debug)]
struct Ends {
    near: Mutex<Option<SocketAddr>>,
    far: Mutex<Option<SocketAddr>>,
}

impl Relay {
    /// A link on two new sockets of `ip`; `far` is the far end, if it is known before it sends.
    pub(crate) fn start(ip: IpAddr, link: Link, far: Option<SocketAddr>) -> std::io::Result<Self> {
        let sockets = [UdpSocket::bind((ip, 0))?, UdpSocket::bind((ip, 0))?];
        let [near, far_socket] = [sockets[0].local_addr()?, sockets[1].local_addr()?];
        let ends = Arc::new(Ends { near: Mutex::new(None), far: Mutex::new(far) });
        let mut relay = Self {
            near,
            far: far_socket,
            ends,
            stop: Arc::new(AtomicBool::new(false)),
            threads: Vec::new(),
        };
        for direction in 0..2 {
            let input = sockets[direction].try_clone()?;
            let output = sockets[1 - direction].try_clone()?;
            input.set_nonblocking(false)?;
            let (ends, stop) = (Arc::clone(&relay.ends), Arc::clone(&relay.stop));
            let way = OneWay::new(link, direction as u64);
            relay.threads.push(std::thread::spawn(move || {
                let (from, to) = match direction {
                    0 => (&ends.near, &ends.far),
                    _ => (&ends.far, &ends.near),
                };
                carry(way, &input, &output, (from, to), &stop);
            }));
        }
        Ok(relay)
    }

    /// The address for the near end to send to.
    pub(crate) fn near(&self) -> SocketAddr {
        self.near
    }

    /// The address for the far end to send to.
    pub(crate) fn far(&self) -> SocketAddr {
        self.far
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread of a link that failed has nothing to tell.
            let _ = thread.join();
        }
    }
}

type End = Mutex<Option<SocketAddr>>;

fn carry(
    mut way: OneWay,
    input: &UdpSocket,
    output: &UdpSocket,
    (from, to): (&End, &End),
    stop: &AtomicBool,
) {
    let start = Instant::now();
    let mut buffer = [0; MAX_DATAGRAM];
    while !stop.load(Ordering::Relaxed) {
        let now = start.elapsed();
        while let Some(datagram) = way.receive(now) {
            if let Some(end) = *to.lock().expect("no thread panics with it") {
                // As on any link, what cannot be sent is lost.
                let _ = output.send_to(&datagram, end);
            }
        }
        let wait = way.next_arrival().map_or(TICK, |due| (due - now).min(TICK));
        let set = input.set_read_timeout(Some(wait.max(Duration::from_micros(50))));
        match set.and_then(|()| input.recv_from(&mut buffer)) {
            Ok((len, source)) => {
                *from.lock().expect("no thread panics with it") = Some(source);
                way.send(start.elapsed(), &buffer[..len]);
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            // An ICMP error of what was sent before.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn link() -> Link {
        Link { rate: Some(80_000.0), queue: MS(300), delay: MS(50), loss: 0.0, seed: 1 }
    }

    fn arrivals(way: &mut OneWay) -> Vec<(u128, u8)> {
        let next = || {
            let due = way.next_arrival()?;
            way.receive(due).map(|datagram| (due.as_millis(), datagram[0]))
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_datagram_takes_its_transmission_and_the_delay() {
        let mut way = OneWay::new(link(), 0);
        let datagram = |number, wire: usize| vec![number; wire - DATAGRAM_OVERHEAD];
        assert!(way.send(MS(0), &datagram(1, 1000)));
        assert!(way.send(MS(20), &datagram(2, 500)));
        assert_eq!(way.receive(MS(149)), None);
        assert!(way.send(MS(500), &datagram(3, 100)));
        assert_eq!(arrivals(&mut way), [(150, 1), (200, 2), (560, 3)]);
    }

    #[test]
    fn the_queue_drops_what_would_wait_too_long() {
        let mut way = OneWay::new(link(), 0);
        let taken = (0..5).filter(|_| way.send(MS(0), &[0; 972])).count();
        assert_eq!(taken, 3);
        assert!(way.send(MS(100), &[0; 972]));
    }

    #[test]
    fn loss_is_the_share_asked_for_and_the_same_for_a_seed() {
        let fates = |seed, direction| {
            let lossy = Link { rate: None, loss: 0.05, seed, ..link() };
            let mut way = OneWay::new(lossy, direction);
            (0..10_000).map(|n| way.send(MS(n), &[0])).collect::<Vec<_>>()
        };
        let lost = fates(3, 0).iter().filter(|arrives| !**arrives).count();
        assert!((420..580).contains(&lost), "{lost} of 10000");
        assert_eq!(fates(3, 0), fates(3, 0));
        assert_ne!(fates(3, 0), fates(3, 1));
        assert_ne!(fates(3, 0), fates(4, 0));
    }

    #[test]
    fn both_ways_over_sockets() {
        let ip = IpAddr::from([127, 0, 0, 1]);
        let [near, far] = [(); 2].map(|()| UdpSocket::bind((ip, 0)).unwrap());
        let end = Some(far.local_addr().unwrap());
        let relay = Relay::start(ip, Link { delay: MS(5), ..Link::default() }, end).unwrap();
        let mut buffer = [0; 10];
        for socket in [&near, &far] {
            socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        }
        near.send_to(b"there", relay.near()).unwrap();
        assert_eq!(far.recv_from(&mut buffer).unwrap(), (5, relay.far()));
        far.send_to(b"back", relay.far()).unwrap();
        assert_eq!(near.recv_from(&mut buffer).unwrap(), (4, relay.near()));
    }
}
