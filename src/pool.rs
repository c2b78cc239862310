//! The threads of an encoder: made once, asleep between sections of work, joined when dropped.
//!
//! A section borrows what it works on, which the standard library allows to threads of the section
//! alone; so threads that stay are [`rayon_core`]'s.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// Some threads, that of the caller included.
pub(crate) struct Pool {
    threads: usize,
    /// All but the caller's; `None` if there are no others.
    others: Option<ThreadPool>,
    handles: Vec<JoinHandle<()>>,
}

impl Pool {
    /// `threads` threads, that of the caller included; the caller's alone where the system gives no
    /// others.
    pub(crate) fn new(threads: usize) -> Self {
        let mut alone = Self { threads: 1, others: None, handles: Vec::new() };
        if threads <= 1 {
            return alone;
        }
        let mut handles = Vec::with_capacity(threads - 1);
        let builder = ThreadPoolBuilder::new().num_threads(threads - 1).spawn_handler(|thread| {
            let name = format!("rtav1-{}", thread.index() + 1);
            handles.push(thread::Builder::new().name(name).spawn(|| thread.run())?);
            Ok(())
        });
        match builder.build() {
            Ok(others) => Self { threads, others: Some(others), handles },
            Err(_) => {
                alone.handles = handles;
                alone
            }
        }
    }

    /// Threads that take part, that of the caller included.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Calls `work` with every item, on whichever thread is free. Items are taken in order.
    pub(crate) fn for_each<T, I>(&self, items: I, work: impl Fn(T) + Sync)
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send,
    {
        let mut items = items.into_iter();
        let Some(others) = &self.others else { return items.for_each(work) };
        let items = Mutex::new(&mut items);
        let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
        let drain = || {
            while let Some(item) = next() {
                work(item);
            }
        };
        others.in_place_scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(|_| drain());
            }
            drain();
        });
    }

    /// The same with one of `rooms` for each thread, of which there must be as many.
    pub(crate) fn for_each_with<S: Send, T, I>(
        &self,
        rooms: &mut [S],
        items: I,
        work: impl Fn(&mut S, T) + Sync,
    ) where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send,
    {
        debug_assert!(rooms.len() >= self.threads);
        let items = Mutex::new(items.into_iter());
        let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
        self.for_each(rooms.iter_mut().take(self.threads), |room| {
            while let Some(item) = next() {
                work(room, item);
            }
        });
    }
}

impl Default for Pool {
    /// The caller's thread alone.
    fn default() -> Self {
        Self::new(1)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Tells them to end.
        self.others = None;
        for handle in self.handles.drain(..) {
            let _ = handle.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(threads);
            assert_eq!(pool.threads(), threads);
            for count in [0, 1, 3, 40] {
                let mut items = vec![0; count];
                pool.for_each(items.iter_mut().enumerate(), |(index, item)| *item += index + 1);
                assert!(items.iter().enumerate().all(|(index, item)| *item == index + 1));
                let mut rooms = vec![0; threads];
                pool.for_each_with(&mut rooms, &items, |sum, item| *sum += item);
                assert_eq!(rooms.iter().sum::<usize>(), count * (count + 1) / 2);
            }
        }
    }

    /// All threads work at once, the caller's among them, and they are the same from section to
    /// section.
    #[test]
    fn threads_stay() {
        let pool = Pool::new(3);
        let seen = Mutex::new(HashSet::new());
        for _ in 0..20 {
            let barrier = Barrier::new(3);
            pool.for_each(0..3, |_| {
                barrier.wait();
                seen.lock().unwrap().insert(thread::current().id());
            });
        }
        let seen = seen.into_inner().unwrap();
        assert!(seen.len() == 3 && seen.contains(&thread::current().id()));
    }

    /// Threads have ended when the pool is gone.
    #[test]
    fn threads_are_joined() {
        struct Counted<'a>(&'a AtomicUsize);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        static ENDED: AtomicUsize = AtomicUsize::new(0);
        thread_local!(static LOCAL: Counted<'static> = const { Counted(&ENDED) });
        let caller = thread::current().id();
        let pool = Pool::new(4);
        let barrier = Barrier::new(4);
        pool.for_each(0..4, |_| {
            barrier.wait();
            if thread::current().id() != caller {
                LOCAL.with(|_| {});
            }
        });
        assert_eq!(ENDED.load(Ordering::SeqCst), 0);
        drop(pool);
        assert_eq!(ENDED.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let pool = Pool::new(2);
        let section = std::panic::AssertUnwindSafe(|| {
            pool.for_each(0..8, |item| assert!(item != 5, "five"));
        });
        assert!(std::panic::catch_unwind(section).is_err());
        // And the pool goes on.
        let sum = AtomicUsize::new(0);
        pool.for_each(0..8, |item| {
            sum.fetch_add(item, Ordering::SeqCst);
        });
        assert_eq!(sum.into_inner(), 28);
    }
}
