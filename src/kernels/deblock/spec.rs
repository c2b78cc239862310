//! 7.14.6 word for word, one sample position at a time, for the tests.

/// A plane as rows of samples.
pub(crate) type Samples = Vec<Vec<i32>>;

/// Where and how one position of an edge is filtered: the inputs of 7.14.6.1.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) plane: usize,
    pub(crate) limit: i32,
    pub(crate) blimit: i32,
    pub(crate) thresh: i32,
    pub(crate) dx: usize,
    pub(crate) dy: usize,
    pub(crate) filter_size: i32,
}

impl Position {
    fn place(&self, i: i32) -> (usize, usize) {
        let y = self.y as i32 + self.dy as i32 * i;
        let x = self.x as i32 + self.dx as i32 * i;
        (y as usize, x as usize)
    }

    /// The sample `i` steps from the first one after the edge.
    fn get(&self, frame: &Samples, i: i32) -> i32 {
        let (y, x) = self.place(i);
        frame[y][x]
    }

    fn set(&self, frame: &mut Samples, i: i32, value: i32) {
        let (y, x) = self.place(i);
        frame[y][x] = value;
    }
}

/// 7.14.6.1 sample filtering process; says which filter was used: 0 none, 4 narrow, 8 and 16 wide.
pub(crate) fn sample_filter(frame: &mut Samples, at: &Position) -> i32 {
    let (hev_mask, filter_mask, flat_mask, flat_mask2) = masks(frame, at);
    if !filter_mask {
        0
    } else if at.filter_size == 4 || !flat_mask {
        narrow(frame, at, hev_mask);
        4
    } else if at.filter_size == 8 || !flat_mask2 {
        wide(frame, at, 3);
        8
    } else {
        wide(frame, at, 4);
        16
    }
}

/// 7.14.6.2 filter mask process
fn masks(frame: &Samples, at: &Position) -> (bool, bool, bool, bool) {
    let q = |i: i32| at.get(frame, i);
    let p = |i: i32| at.get(frame, -1 - i);
    let mut hev_mask = false;
    hev_mask |= (p(1) - p(0)).abs() > at.thresh;
    hev_mask |= (q(1) - q(0)).abs() > at.thresh;

    let filter_len = if at.filter_size == 4 {
        4
    } else if at.plane != 0 {
        6
    } else if at.filter_size == 8 {
        8
    } else {
        16
    };
    let mut mask = false;
    mask |= (p(1) - p(0)).abs() > at.limit;
    mask |= (q(1) - q(0)).abs() > at.limit;
    mask |= (p(0) - q(0)).abs() * 2 + (p(1) - q(1)).abs() / 2 > at.blimit;
    if filter_len >= 6 {
        mask |= (p(2) - p(1)).abs() > at.limit;
        mask |= (q(2) - q(1)).abs() > at.limit;
    }
    if filter_len >= 8 {
        mask |= (p(3) - p(2)).abs() > at.limit;
        mask |= (q(3) - q(2)).abs() > at.limit;
    }
    let filter_mask = !mask;

    let mut flat_mask = false;
    if at.filter_size >= 8 {
        let mut mask = false;
        mask |= (p(1) - p(0)).abs() > 1;
        mask |= (q(1) - q(0)).abs() > 1;
        mask |= (p(2) - p(0)).abs() > 1;
        mask |= (q(2) - q(0)).abs() > 1;
        if filter_len >= 8 {
            mask |= (p(3) - p(0)).abs() > 1;
            mask |= (q(3) - q(0)).abs() > 1;
        }
        flat_mask = !mask;
    }
    let mut flat_mask2 = false;
    if at.filter_size >= 16 {
        let mut mask = false;
        for i in 4..=6 {
            mask |= (p(i) - p(0)).abs() > 1;
            mask |= (q(i) - q(0)).abs() > 1;
        }
        flat_mask2 = !mask;
    }
    (hev_mask, filter_mask, flat_mask, flat_mask2)
}

/// 7.14.6.3 narrow filter process
fn narrow(frame: &mut Samples, at: &Position, hev_mask: bool) {
    let filter4_clamp = |value: i32| value.clamp(-128, 127);
    let ps1 = at.get(frame, -2) - 0x80;
    let ps0 = at.get(frame, -1) - 0x80;
    let qs0 = at.get(frame, 0) - 0x80;
    let qs1 = at.get(frame, 1) - 0x80;
    let filter = if hev_mask { filter4_clamp(ps1 - qs1) } else { 0 };
    let filter = filter4_clamp(filter + 3 * (qs0 - ps0));
    let filter1 = filter4_clamp(filter + 4) >> 3;
    let filter2 = filter4_clamp(filter + 3) >> 3;
    at.set(frame, 0, filter4_clamp(qs0 - filter1) + 0x80);
    at.set(frame, -1, filter4_clamp(ps0 + filter2) + 0x80);
    if !hev_mask {
        let filter = (filter1 + 1) >> 1;
        at.set(frame, 1, filter4_clamp(qs1 - filter) + 0x80);
        at.set(frame, -2, filter4_clamp(ps1 + filter) + 0x80);
    }
}

/// 7.14.6.4 wide filter process
fn wide(frame: &mut Samples, at: &Position, log2_size: i32) {
    let n: i32 = if log2_size == 4 {
        6
    } else if at.plane == 0 {
        3
    } else {
        2
    };
    let n2 = if log2_size == 3 && at.plane == 0 { 0 } else { 1 };
    let mut f = Vec::new();
    for i in -n..n {
        let mut t = 0;
        for j in -n..=n {
            let p = (i + j).clamp(-(n + 1), n);
            let tap = if j.abs() <= n2 { 2 } else { 1 };
            t += at.get(frame, p) * tap;
        }
        f.push((t + (1 << (log2_size - 1))) >> log2_size);
    }
    for (i, value) in (-n..n).zip(f) {
        at.set(frame, i, value);
    }
}
