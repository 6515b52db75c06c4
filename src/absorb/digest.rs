//! Digests of columns: which absorbed columns are the same numbers.
//!
//! Blocks of a fixed length are mixed in four lanes, each step of which is a bijection of state and value, and the lanes
//! of all blocks go through BLAKE3. A column is read once at the speed of memory, on all threads; the digest does not
//! depend on how many there are. It tells columns apart that were not made to deceive it.

use rayon::prelude::*;

/// A digest.
pub(super) type Digest = [u8; 32];

/// Values per block.
const BLOCK: usize = 1 << 14;

/// Odd constants of the lanes (from the fractional digits of the golden ratio and of square roots).
const FACTORS: [u64; 4] = [0x9e37_79b9_7f4a_7c15, 0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b];

/// The digest of numbers, bit for bit.
pub(super) fn digest_numbers(values: &[f64]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    update_numbers(&mut hasher, values);
    hasher.finalize().into()
}

/// Adds numbers to a digest.
pub(super) fn update_numbers(hasher: &mut blake3::Hasher, values: &[f64]) {
    update(hasher, values, |value| value.to_bits());
}

/// Adds codes to a digest.
pub(super) fn update_codes(hasher: &mut blake3::Hasher, codes: &[u32]) {
    update(hasher, codes, u64::from);
}

fn update<T: Copy + Sync>(hasher: &mut blake3::Hasher, values: &[T], bits: impl Fn(T) -> u64 + Sync) {
    hasher.update(&(values.len() as u64).to_le_bytes());
    let mixed: Vec<[u64; 4]> = values.par_chunks(BLOCK).map(|block| mix(block, &bits)).collect();
    mixed.iter().flatten().for_each(|lane| {
        hasher.update(&lane.to_le_bytes());
    });
}

fn mix<T: Copy>(block: &[T], bits: impl Fn(T) -> u64) -> [u64; 4] {
    let mut state = FACTORS;
    let (fours, rest) = block.as_chunks::<4>();
    for four in fours {
        for lane in 0..4 {
            state[lane] = (state[lane] ^ bits(four[lane])).wrapping_mul(FACTORS[lane]).rotate_left(29);
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        state[lane] = (state[lane] ^ bits(value)).wrapping_mul(FACTORS[lane]).rotate_left(29);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_sign_and_length_count() {
        let base: Vec<f64> = (0..50_000).map(|i| f64::from(i % 977)).collect();
        let mut seen = vec![digest_numbers(&base)];
        let mut swapped = base.clone();
        swapped.swap(3, 7);
        let mut far = base.clone();
        far.swap(100, 100 + BLOCK);
        let mut signed = base.clone();
        signed[0] = -0.0;
        for column in [&swapped, &far, &signed, &base[..49_999].to_vec()] {
            let digest = digest_numbers(column);
            assert!(!seen.contains(&digest));
            seen.push(digest);
        }
        assert_eq!(seen[0], digest_numbers(&base));
    }
}
