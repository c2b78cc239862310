use super::spec::block_inter_prediction;
use super::*;
use crate::kernels::random::Random;

const FILTERS: [FilterSet; 6] = [
    FilterSet::Regular,
    FilterSet::Smooth,
    FilterSet::Sharp,
    FilterSet::Bilinear,
    FilterSet::Regular4,
    FilterSet::Smooth4,
];

/// Rows and columns around the block in its source.
const AROUND: usize = 16;

/// What a source holds.
#[derive(Clone, Copy, PartialEq)]
enum Fill {
    Random,
    /// Samples that drive both passes as far up as they go at the block's first sample.
    Highest,
    /// The same, down.
    Lowest,
}

struct Case {
    data: Vec<u8>,
    stride: usize,
    size: (usize, usize),
    subpel: Subpel,
}

impl Case {
    fn new(random: &mut Random, size: (usize, usize), subpel: Subpel, fill: Fill) -> Self {
        let stride = size.0 + 2 * AROUND + random.below(9);
        let rows = size.1 + 2 * AROUND;
        let extreme = fill != Fill::Random;
        let mut data: Vec<u8> = (0..stride * rows).map(|_| random.sample(extreme)).collect();
        if extreme {
            let negative = |filter: FilterSet, position: usize| {
                SUBPEL_FILTERS[filter as usize][position].map(|tap| tap < 0)
            };
            let across = negative(subpel.filter_x, subpel.x);
            let down = negative(subpel.filter_y, subpel.y);
            for (row, down) in data[(AROUND - 3) * stride..].chunks_mut(stride).zip(down) {
                for (sample, across) in row[AROUND - 3..].iter_mut().zip(across) {
                    *sample = if across ^ down ^ (fill == Fill::Lowest) { 0 } else { 255 };
                }
            }
        }
        Self { data, stride, size, subpel }
    }

    fn source(&self) -> Source<'_> {
        Source { data: &self.data, offset: AROUND * self.stride + AROUND, stride: self.stride }
    }

    fn standard(&self, inter_round1: u32) -> Vec<Vec<i32>> {
        let Subpel { x, y, filter_x, filter_y } = self.subpel;
        let sample = |row: i32, col: i32| {
            self.data[(row + AROUND as i32) as usize * self.stride + (col + AROUND as i32) as usize]
        };
        let at = ((x << 6) as i32 + 32, (y << 6) as i32 + 32);
        let filters = [filter_y as usize, filter_x as usize];
        block_inter_prediction(sample, at, self.size, filters, inter_round1)
    }

    /// Compares both kernels with the standard; returns the value of [`prep`] that `Fill` bounds.
    fn check(&self) -> i32 {
        let single = self.standard(11);
        let compound = self.standard(7);
        for isa in Isa::all() {
            self.check_with(isa, &single, &compound);
        }
        compound[0][0]
    }

    fn check_with(&self, isa: Isa, single: &[Vec<i32>], compound: &[Vec<i32>]) {
        let (w, h) = self.size;
        let what = || format!("{:?} {:?} {isa:?}", self.size, self.subpel);
        let dst_stride = w + 3;
        let mut dst = vec![77; dst_stride * (h + 1)];
        put(isa, SamplesMut::new(&mut dst, dst_stride), self.source(), self.size, self.subpel);
        let mut preds = vec![-999; dst_stride * (h + 1)];
        prep(isa, ViewMut::new(&mut preds, dst_stride), self.source(), self.size, self.subpel);
        for y in 0..=h {
            for x in 0..dst_stride {
                let at = y * dst_stride + x;
                if y < h && x < w {
                    assert_eq!(i32::from(dst[at]), single[y][x].clamp(0, 255), "{}", what());
                    assert_eq!(i32::from(preds[at]), compound[y][x], "prep {}", what());
                } else {
                    assert_eq!((dst[at], preds[at]), (77, -999), "beyond {}", what());
                }
            }
        }
    }
}

#[test]
fn every_position_and_filter_is_the_standards() {
    let mut random = Random::new(1);
    let mut range = (0, 0);
    for filter_x in FILTERS {
        for filter_y in FILTERS {
            for x in 0..16 {
                for y in 0..16 {
                    let subpel = Subpel { x, y, filter_x, filter_y };
                    let size = ([2, 4, 8, 16][random.below(4)], [2, 4, 8][random.below(3)]);
                    Case::new(&mut random, size, subpel, Fill::Random).check();
                    let high = Case::new(&mut random, size, subpel, Fill::Highest).check();
                    let low = Case::new(&mut random, size, subpel, Fill::Lowest).check();
                    range = (range.0.min(low), range.1.max(high));
                }
            }
        }
    }
    assert_eq!(range, (-5132, 9212), "the documented range");
}

#[test]
fn every_size_is_the_standards() {
    let mut random = Random::new(2);
    let sides = [2, 4, 8, 16, 32, 64, 128];
    for w in sides {
        for h in sides {
            for (some_x, some_y) in [(false, false), (true, false), (false, true), (true, true)] {
                let position = |random: &mut Random, some| some as usize * (1 + random.below(15));
                let subpel = Subpel {
                    x: position(&mut random, some_x),
                    y: position(&mut random, some_y),
                    filter_x: FILTERS[random.below(6)],
                    filter_y: FILTERS[random.below(6)],
                };
                Case::new(&mut random, (w, h), subpel, Fill::Random).check();
            }
        }
    }
}

#[test]
fn average_is_the_standards_over_the_whole_range() {
    let mut random = Random::new(3);
    for (w, h) in [(2, 2), (4, 8), (16, 4), (64, 64)] {
        let pred_stride = w + 4;
        let mut pred = || -> Vec<i16> {
            (0..pred_stride * h)
                .map(|_| [-5132, 9212, random.below(14345) as i16 - 5132][random.below(3)])
                .collect()
        };
        let (a, b) = (pred(), pred());
        let dst_stride = w + 1;
        for isa in Isa::all() {
            let mut dst = vec![77; dst_stride * (h + 1)];
            let preds = [&a, &b].map(|pred| View::new(pred.as_slice(), pred_stride));
            average(isa, SamplesMut::new(&mut dst, dst_stride), preds, (w, h));
            for y in 0..=h {
                for x in 0..dst_stride {
                    let expected = if y < h && x < w {
                        let at = y * pred_stride + x;
                        ((i32::from(a[at]) + i32::from(b[at]) + 16) >> 5).clamp(0, 255)
                    } else {
                        77
                    };
                    assert_eq!(i32::from(dst[y * dst_stride + x]), expected, "{isa:?}");
                }
            }
        }
    }
}

#[test]
fn halves_are_the_three_positions() {
    let mut random = Random::new(3);
    for round in 0..120 {
        let size = (random.pick(&[8, 16, 20, 48, 64]), 1 + random.below(64));
        let fill = random.pick(&[Fill::Random, Fill::Highest, Fill::Lowest]);
        let case = Case::new(&mut random, size, HALVES[round % 3], fill);
        let stride = size.0 + 5;
        let blank = || vec![77; stride * (size.1 + 1)];
        let expected = HALVES.map(|subpel| {
            let mut dst = blank();
            let scalar = Isa::Scalar;
            put(scalar, SamplesMut::new(&mut dst, stride), case.source(), size, subpel);
            dst
        });
        for isa in Isa::all() {
            let mut planes = [blank(), blank(), blank()];
            let dst = planes.each_mut().map(|plane| SamplesMut::new(plane, stride));
            put_halves(isa, dst, case.source(), size);
            assert!(planes == expected, "{size:?} {isa:?}");
        }
    }
}

#[test]
fn taps_are_what_the_shortcuts_rely_on() {
    for (filter, positions) in FILTERS.into_iter().zip(&SUBPEL_FILTERS) {
        let unused = match filter {
            FilterSet::Sharp => 0,
            FilterSet::Regular | FilterSet::Smooth => 1,
            FilterSet::Regular4 | FilterSet::Smooth4 => 2,
            FilterSet::Bilinear => 3,
        };
        for taps in positions {
            assert_eq!(taps.iter().sum::<i16>(), 128);
            assert!(taps.iter().all(|tap| tap % 2 == 0));
            assert!(taps.iter().filter(|&&tap| tap > 0).sum::<i16>() <= 184);
            assert!(taps[..unused].iter().chain(&taps[8 - unused..]).all(|&tap| tap == 0));
        }
    }
}
