//! The extra search of motion vector prediction (7.10.2.12, 7.10.2.13), where too few neighbours have
//! the references asked for.

use super::Search;
use crate::av1::types::{INTRA_FRAME, Mv};

impl Search<'_> {
    /// 7.10.2.12 extra search process, with 7.10.2.13.
    pub(super) fn extra_search(&mut self) {
        let grid = self.input.grid;
        let w4 = self.size.width4().min(16).min(grid.mi_cols - self.pos.col);
        let h4 = self.size.height4().min(16).min(grid.mi_rows - self.pos.row);
        let num4x4 = w4.min(h4);
        let mut same = Partial::default();
        let mut different = Partial::default();
        for pass in 0..2 {
            let mut index = 0;
            while index < num4x4 && self.stack.num_mv_found < 2 {
                let (row, col) = if pass == 0 {
                    (self.pos.row as isize - 1, (self.pos.col + index) as isize)
                } else {
                    ((self.pos.row + index) as isize, self.pos.col as isize - 1)
                };
                if !self.input.tile.is_inside(row, col) {
                    break;
                }
                self.add_extra_candidate(row as usize, col as usize, &mut same, &mut different);
                let size = grid.at(row as usize, col as usize).block_size;
                index += if pass == 0 { size.width4() } else { size.height4() };
            }
        }
        if self.compound {
            let mut combined = [[Mv::default(); 2]; 2];
            for list in 0..2 {
                let candidates = same.mvs[list][..same.count[list]]
                    .iter()
                    .chain(&different.mvs[list][..different.count[list]]);
                for (entry, &mv) in combined.iter_mut().zip(candidates) {
                    entry[list] = mv;
                }
            }
            let stack = &mut self.stack;
            if stack.num_mv_found == 1 {
                let repeated = combined[0] == stack.mvs[0];
                stack.mvs[1] = combined[usize::from(repeated)];
                stack.weights[1] = 2;
            } else {
                stack.mvs[..2].copy_from_slice(&combined);
                stack.weights[..2].fill(2);
            }
            stack.num_mv_found = 2;
        }
        // In single prediction entries beyond those found are zero from the start, as global
        // vectors are.
    }

    /// 7.10.2.13 add extra MV candidate process.
    fn add_extra_candidate(
        &mut self,
        row: usize,
        col: usize,
        same: &mut Partial,
        different: &mut Partial,
    ) {
        let candidate = *self.input.grid.at(row, col);
        for cand_list in 0..2 {
            let cand_ref = candidate.ref_frame[cand_list];
            if cand_ref <= INTRA_FRAME {
                continue;
            }
            let bias = &self.input.sign_bias;
            let toward = |list: usize| {
                let mv = candidate.mv[cand_list];
                if bias[cand_ref as usize] == bias[self.ref_frame[list] as usize] {
                    mv
                } else {
                    Mv::new(-mv.row, -mv.col)
                }
            };
            if self.compound {
                for list in 0..2 {
                    if cand_ref == self.ref_frame[list] && same.count[list] < 2 {
                        same.push(list, candidate.mv[cand_list]);
                    } else if different.count[list] < 2 {
                        different.push(list, toward(list));
                    }
                }
            } else {
                let mv = toward(0);
                let stack = &mut self.stack;
                if stack.mvs[..stack.num_mv_found].iter().all(|entry| entry[0] != mv) {
                    stack.mvs[stack.num_mv_found] = [mv, Mv::default()];
                    stack.weights[stack.num_mv_found] = 2;
                    stack.num_mv_found += 1;
                }
            }
        }
    }
}

/// `RefIdMvs` or `RefDiffMvs` with their counts (7.10.2.12).
#[derive(Default)]
struct Partial {
    mvs: [[Mv; 2]; 2],
    count: [usize; 2],
}

impl Partial {
    fn push(&mut self, list: usize, mv: Mv) {
        self.mvs[list][self.count[list]] = mv;
        self.count[list] += 1;
    }
}
