//! Products of a block of one panel of columns with a part of another: the tile of the result that fits the registers.
//!
//! The same chain of fused additions is written for the widest registers that the processor has, found when the program
//! runs; each lane of a register is one entry of the tile, so that the kernels differ in speed and in nothing else.

/// Columns of a panel: three registers of eight doubles.
pub(super) const PANEL: usize = 24;
/// Columns of the other panel in a tile.
pub(super) const STEP: usize = 8;

/// A row of a panel, on its own cache lines.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Row(pub [f64; PANEL]);

/// Sums of products: of every column of a panel (inner) with each column of a part of another.
pub(super) type Tile = [[f64; PANEL]; STEP];

/// How a tile is computed. The variants for special registers are only made where the processor has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Eight doubles at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512(Found),
    /// Four doubles at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2(Found),
    /// As the compiler likes.
    Portable,
}

/// Proof that the processor was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found(());

impl Kernel {
    /// The kernels that this processor can run, the fastest first.
    pub(super) fn usable() -> Vec<Kernel> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if std::is_x86_feature_detected!("avx512f") {
                kernels.push(Kernel::Avx512(Found(())));
            }
            if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                kernels.push(Kernel::Avx2(Found(())));
            }
        }
        kernels.push(Kernel::Portable);
        kernels
    }

    /// The fastest kernel of this processor.
    pub(super) fn fastest() -> Kernel {
        Kernel::usable().first().copied().unwrap_or(Kernel::Portable)
    }

    /// Products of the columns of a panel with columns `part * STEP` and following of another, summed over their rows.
    pub(super) fn tile(self, panel: &[Row], other: &[Row], part: usize) -> Tile {
        match self {
            // SAFETY: `Found` is only made where the processor has these instructions.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(Found(())) => unsafe { avx512(panel, other, part) },
            // SAFETY: likewise.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(Found(())) => unsafe { avx2(panel, other, part) },
            Kernel::Portable => portable(panel, other, part),
        }
    }
}

/// Asks for rows that are needed soon: the next panel comes from far while the present one is multiplied.
pub(super) fn fetch(rows: &[Row]) {
    #[cfg(target_arch = "x86_64")]
    for line in rows.iter().flat_map(|row| row.0.as_chunks::<8>().0) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a hint, of memory that is there.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = rows;
}

/// The columns of a row that a tile multiplies with.
fn factors(row: &Row, part: usize) -> &[f64; STEP] {
    const { assert!(PANEL.is_multiple_of(STEP)) };
    &row.0.as_chunks::<STEP>().0[part]
}

fn portable(panel: &[Row], other: &[Row], part: usize) -> Tile {
    let mut sums = [[0.0f64; PANEL]; STEP];
    for (row, other) in panel.iter().zip(other) {
        for (sums, &factor) in sums.iter_mut().zip(factors(other, part)) {
            sums.iter_mut().zip(&row.0).for_each(|(sum, value)| *sum = value.mul_add(factor, *sum));
        }
    }
    sums
}

/// Twenty-four registers hold the tile, three a row, one the factor.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512(panel: &[Row], other: &[Row], part: usize) -> Tile {
    use std::arch::x86_64::{_mm512_fmadd_pd, _mm512_loadu_pd, _mm512_set1_pd, _mm512_setzero_pd, _mm512_storeu_pd};
    let mut sums = [[_mm512_setzero_pd(); PANEL / 8]; STEP];
    for (row, other) in panel.iter().zip(other) {
        let chunks = row.0.as_chunks::<8>().0;
        // SAFETY: a chunk is eight doubles.
        let row: [_; PANEL / 8] = std::array::from_fn(|v| unsafe { _mm512_loadu_pd(chunks[v].as_ptr()) });
        for (sums, &factor) in sums.iter_mut().zip(factors(other, part)) {
            let factor = _mm512_set1_pd(factor);
            for (sum, row) in sums.iter_mut().zip(row) {
                *sum = _mm512_fmadd_pd(row, factor, *sum);
            }
        }
    }
    let mut tile = [[0.0; PANEL]; STEP];
    for (to, sums) in tile.iter_mut().zip(sums) {
        for (to, sum) in to.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            // SAFETY: a chunk is eight doubles.
            unsafe { _mm512_storeu_pd(to.as_mut_ptr(), sum) };
        }
    }
    tile
}

/// The tile in quarters, each of twelve registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(panel: &[Row], other: &[Row], part: usize) -> Tile {
    let mut tile = [[0.0; PANEL]; STEP];
    for half in 0..2 {
        for (quarter, columns) in tile.as_chunks_mut::<{ STEP / 2 }>().0.iter_mut().enumerate() {
            avx2_quarter((panel, half), (other, 2 * part + quarter), columns);
        }
    }
    tile
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2_quarter((panel, half): (&[Row], usize), (other, part): (&[Row], usize), tile: &mut [[f64; PANEL]; STEP / 2]) {
    use std::arch::x86_64::{_mm256_fmadd_pd, _mm256_loadu_pd, _mm256_set1_pd, _mm256_setzero_pd, _mm256_storeu_pd};
    const HALF: usize = PANEL / 2;
    let mut sums = [[_mm256_setzero_pd(); HALF / 4]; STEP / 2];
    for (row, other) in panel.iter().zip(other) {
        let chunks = row.0.as_chunks::<HALF>().0[half].as_chunks::<4>().0;
        // SAFETY: a chunk is four doubles.
        let row: [_; HALF / 4] = std::array::from_fn(|v| unsafe { _mm256_loadu_pd(chunks[v].as_ptr()) });
        let factors = &other.0.as_chunks::<{ STEP / 2 }>().0[part];
        for (sums, &factor) in sums.iter_mut().zip(factors) {
            let factor = _mm256_set1_pd(factor);
            for (sum, row) in sums.iter_mut().zip(row) {
                *sum = _mm256_fmadd_pd(row, factor, *sum);
            }
        }
    }
    for (to, sums) in tile.iter_mut().zip(sums) {
        for (to, sum) in to.as_chunks_mut::<HALF>().0[half].as_chunks_mut::<4>().0.iter_mut().zip(sums) {
            // SAFETY: a chunk is four doubles.
            unsafe { _mm256_storeu_pd(to.as_mut_ptr(), sum) };
        }
    }
}
