//! 7.15.2 and 7.15.3 word for word, for the tests.

/// A plane as rows of samples.
pub(crate) type Samples = Vec<Vec<i32>>;

/// `Div_Table` (7.15.2): 840 / i, which evens out the lengths of a direction's lines.
pub(crate) static DIV_TABLE: [i32; 9] = [0, 840, 420, 280, 210, 168, 140, 120, 105];
const PRI_TAPS: [[i32; 2]; 2] = [[4, 2], [3, 3]];
const SEC_TAPS: [[i32; 2]; 2] = [[2, 1], [2, 1]];
const DIRECTIONS: [[[i32; 2]; 2]; 8] = [
    [[-1, 1], [-2, 2]],
    [[0, 1], [-1, 2]],
    [[0, 1], [0, 2]],
    [[0, 1], [1, 2]],
    [[1, 1], [2, 2]],
    [[1, 0], [2, 1]],
    [[1, 0], [2, 0]],
    [[1, 0], [2, -1]],
];

/// 7.15.2 CDEF direction process for the block at (`x0`, `y0`): `yDir` and `var`.
#[expect(clippy::needless_range_loop, reason = "the standard's own loops")]
pub(crate) fn direction(current: &Samples, x0: usize, y0: usize) -> (usize, i32) {
    let mut cost = [0; 8];
    let mut partial = [[0; 15]; 8];
    let mut best_cost = 0;
    let mut y_dir = 0;
    for i in 0..8 {
        for j in 0..8 {
            let x = current[y0 + i][x0 + j] - 128;
            partial[0][i + j] += x;
            partial[1][i + j / 2] += x;
            partial[2][i] += x;
            partial[3][3 + i - j / 2] += x;
            partial[4][7 + i - j] += x;
            partial[5][3 - i / 2 + j] += x;
            partial[6][j] += x;
            partial[7][i / 2 + j] += x;
        }
    }
    for i in 0..8 {
        cost[2] += partial[2][i] * partial[2][i];
        cost[6] += partial[6][i] * partial[6][i];
    }
    cost[2] *= DIV_TABLE[8];
    cost[6] *= DIV_TABLE[8];
    for i in 0..7 {
        cost[0] += (partial[0][i] * partial[0][i] + partial[0][14 - i] * partial[0][14 - i])
            * DIV_TABLE[i + 1];
        cost[4] += (partial[4][i] * partial[4][i] + partial[4][14 - i] * partial[4][14 - i])
            * DIV_TABLE[i + 1];
    }
    cost[0] += partial[0][7] * partial[0][7] * DIV_TABLE[8];
    cost[4] += partial[4][7] * partial[4][7] * DIV_TABLE[8];
    for i in (1..8).step_by(2) {
        for j in 0..4 + 1 {
            cost[i] += partial[i][3 + j] * partial[i][3 + j];
        }
        cost[i] *= DIV_TABLE[8];
        for j in 0..4 - 1 {
            cost[i] += (partial[i][j] * partial[i][j] + partial[i][10 - j] * partial[i][10 - j])
                * DIV_TABLE[2 * j + 2];
        }
    }
    for (i, &c) in cost.iter().enumerate() {
        if c > best_cost {
            best_cost = c;
            y_dir = i;
        }
    }
    (y_dir, (best_cost - cost[(y_dir + 4) & 7]) >> 10)
}

/// Which block is filtered and how: the inputs of 7.15.3.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) x0: usize,
    pub(crate) y0: usize,
    /// Width and height.
    pub(crate) size: usize,
    pub(crate) pri_str: i32,
    pub(crate) sec_str: i32,
    pub(crate) damping: i32,
    pub(crate) dir: usize,
}

/// 7.15.3 CDEF filter process, where every sample of `current` is inside the filter region and
/// nothing else is.
pub(crate) fn filter(cdef_frame: &mut Samples, current: &Samples, block: &Block) {
    let Block { x0, y0, size, pri_str, sec_str, damping, dir } = *block;
    let get_at = |i: usize, j: usize, dir: usize, k: usize, sign: i32| {
        let y = (y0 + i) as i32 + sign * DIRECTIONS[dir][k][0];
        let x = (x0 + j) as i32 + sign * DIRECTIONS[dir][k][1];
        let inside =
            y >= 0 && x >= 0 && (y as usize) < current.len() && (x as usize) < current[0].len();
        inside.then(|| current[y as usize][x as usize])
    };
    for i in 0..size {
        for j in 0..size {
            let mut sum = 0;
            let x = current[y0 + i][x0 + j];
            let (mut max, mut min) = (x, x);
            for k in 0..2 {
                for sign in [-1, 1] {
                    if let Some(p) = get_at(i, j, dir, k, sign) {
                        sum += PRI_TAPS[(pri_str & 1) as usize][k]
                            * constrain(p - x, pri_str, damping);
                        max = max.max(p);
                        min = min.min(p);
                    }
                    for dir_off in [-2, 2] {
                        let turned = ((dir as i32 + dir_off) & 7) as usize;
                        if let Some(s) = get_at(i, j, turned, k, sign) {
                            sum += SEC_TAPS[(pri_str & 1) as usize][k]
                                * constrain(s - x, sec_str, damping);
                            max = max.max(s);
                            min = min.min(s);
                        }
                    }
                }
            }
            let change = (8 + sum - i32::from(sum < 0)) >> 4;
            cdef_frame[y0 + i][x0 + j] = (x + change).clamp(min, max);
        }
    }
}

fn constrain(diff: i32, threshold: i32, damping: i32) -> i32 {
    if threshold == 0 {
        return 0;
    }
    let damping_adj = (damping - threshold.ilog2() as i32).max(0);
    let sign = if diff < 0 { -1 } else { 1 };
    // Clip3( 0, Abs(diff), … ), whose upper bound comes second.
    sign * (threshold - (diff.abs() >> damping_adj)).clamp(0, diff.abs())
}
