use proptest::prelude::*;

use super::oracle;
use super::*;

fn cases() -> impl Strategy<Value = (TxSize, TxType)> {
    let legal: Vec<_> = TxSize::ALL
        .iter()
        .flat_map(|&size| TxType::ALL.iter().map(move |&tx_type| (size, tx_type)))
        .filter(|&(size, tx_type)| is_legal(size, tx_type))
        .collect();
    proptest::sample::select(legal)
}

/// Coefficients of a block: some positions, of every magnitude.
fn coefficients() -> impl Strategy<Value = Vec<i16>> {
    let value = prop_oneof![
        -40i16..=40,
        -3000i16..=3000,
        any::<i16>(),
        proptest::sample::select(&[i16::MIN, i16::MIN + 1, i16::MAX - 1, i16::MAX][..]),
    ];
    let some = proptest::collection::vec((0usize..MAX_COEFFICIENTS, value.clone()), 1..40);
    let sparse = some.prop_map(|entries| {
        let mut block = vec![0; MAX_COEFFICIENTS];
        for (position, value) in entries {
            // Halving three times out of four brings low frequencies into play.
            block[position >> (position % 4 * 2)] = value;
        }
        block
    });
    prop_oneof![4 => sparse, 1 => proptest::collection::vec(value, MAX_COEFFICIENTS)]
}

/// The kernel's and the oracle's samples on a background with a margin.
fn both(
    coefficients: &[i16],
    tx_size: TxSize,
    tx_type: TxType,
    background: u8,
    eob: usize,
) -> (Vec<u8>, Vec<u8>) {
    let stride = tx_size.width() + 3;
    let coefficients = &coefficients[..coefficient_count(tx_size)];
    let mut fast: Vec<u8> =
        (0..stride * tx_size.height()).map(|i| background.wrapping_add((i % 7) as u8)).collect();
    let mut slow = fast.clone();
    inverse_transform_add(&mut fast, stride, coefficients, tx_size, tx_type, eob);
    let outcome = oracle::inverse(coefficients, tx_size, Some(tx_type));
    oracle::add(&mut slow, stride, &outcome.residual, tx_size, Some(tx_type));
    (fast, slow)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn inverse_equals_the_standard(
        (tx_size, tx_type) in cases(),
        coefficients in coefficients(),
        background in any::<u8>(),
    ) {
        let (fast, slow) = both(&coefficients, tx_size, tx_type, background, 1024);
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn dc_alone_equals_the_standard(
        tx_size in proptest::sample::select(TxSize::ALL),
        dc in any::<i16>(),
        background in any::<u8>(),
    ) {
        let mut coefficients = vec![0; MAX_COEFFICIENTS];
        coefficients[0] = dc;
        let (fast, slow) = both(&coefficients, tx_size, TxType::DctDct, background, 1);
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn inverse_wht_equals_the_standard(
        coefficients in proptest::array::uniform16(any::<i16>()),
        background in any::<u8>(),
    ) {
        let mut fast = [background; 16];
        let mut slow = fast;
        inverse_wht_add(&mut fast, 4, &coefficients);
        let outcome = oracle::inverse(&coefficients, TxSize::T4x4, None);
        oracle::add(&mut slow, 4, &outcome.residual, TxSize::T4x4, None);
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn wht_is_lossless(
        residual in proptest::array::uniform16(-255i16..=255),
    ) {
        let mut coefficients = [0; 16];
        forward_wht(&residual, 4, &mut coefficients);
        prop_assert!(coefficients.iter().all(|c| c % 4 == 0));
        let outcome = oracle::inverse(&coefficients, TxSize::T4x4, None);
        prop_assert_eq!(outcome.residual, residual.map(i64::from).to_vec());
    }
}
