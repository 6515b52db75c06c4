//! Within estimates of dynamic models with their bias taken out, for many units and few periods.
//!
//! With `M` deviations from unit means, `W_i = [y_{i,-1}, X_i]` and `e_i = y_i - W_i b`, within solves `Σ W_i'M e_i = 0`, but
//! `E y_{i,-1}'M e_i = σ_i² h(ρ, T_i)`, `h(ρ, T) = -Σ_{s<t} ρ^(t-s-1) / T` (Nickell 1981; Kiviet 1995, the trace of his `Π`).
//!
//! - [`bias_corrected`] solves `Σ W_i'M e_i = ι_1 Σ h(ρ, T_i) e_i'M e_i / (T_i - 1)` by Newton's method: Kiviet's leading term at
//!   the estimate itself, with a variance of its own for every unit (Bun and Carree 2005; Breitung, Kripfganz and Hayakawa
//!   2022, equation 12).
//! - [`half_panel_jackknife`] is `2b - (b_1 + b_2)/2` with `b_1`, `b_2` within in the halves of each unit's periods; where these are
//!   odd, the mean of the two ways to halve them (Dhaene and Jochmans 2015, sections 3.1 and 6).
//!
//! Covariances are of sums over units: `J^-1 Σ m_i m_i' J^-1'` with the units' terms `m_i` of the equations and `J` their derivative, times
//! `N/(N-1)`. Of the jackknife the units' terms are those of its three within regressions added up.

use nalgebra::{DMatrix, DVector};

use super::sequences::{Sequence, Sequences};
use super::variables::DynamicError;

/// Most Newton steps, and the step in units of the coefficients' length at which they have settled.
const MOST: usize = 100;
const SETTLED: f64 = 1e-12;

/// An estimate without instruments.
pub(super) struct Corrected {
    pub(super) coefficients: DVector<f64>,
    pub(super) covariance: DMatrix<f64>,
    pub(super) iterations: usize,
}

/// Outcome and regressors of a unit, net of their means.
struct Net {
    y: DVector<f64>,
    w: DMatrix<f64>,
}

impl Net {
    fn of(unit: &Sequence, from: usize, to: usize) -> Net {
        let net = |values: &[f64]| {
            let own = &values[from..to];
            let mean = own.iter().sum::<f64>() / own.len() as f64;
            own.iter().map(|value| value - mean).collect::<Vec<f64>>()
        };
        let columns: Vec<DVector<f64>> = unit.w.iter().map(|column| DVector::from_vec(net(column))).collect();
        Net { y: DVector::from_vec(net(&unit.y)), w: DMatrix::from_columns(&columns) }
    }
}

/// Within coefficients, and what each unit adds to their error.
struct Within {
    coefficients: DVector<f64>,
    /// `(Σ W'MW)^-1 W_i'M e_i`, a column for each unit.
    moved: DMatrix<f64>,
}

fn within(units: &[Net]) -> Result<Within, DynamicError> {
    let k = units.first().map_or(0, |unit| unit.w.ncols());
    let gram = units.iter().fold(DMatrix::zeros(k, k), |sum, unit| sum + unit.w.tr_mul(&unit.w));
    let against = units.iter().fold(DVector::zeros(k), |sum, unit| sum + unit.w.tr_mul(&unit.y));
    let inverse = gram.cholesky().ok_or(DynamicError::NotIdentified)?.inverse();
    let coefficients = &inverse * against;
    let moved: Vec<DVector<f64>> =
        units.iter().map(|unit| &inverse * unit.w.tr_mul(&(&unit.y - &unit.w * &coefficients))).collect();
    Ok(Within { coefficients, moved: DMatrix::from_columns(&moved) })
}

/// `N/(N-1) Σ v_i v_i'`.
fn of_units(moved: &DMatrix<f64>) -> DMatrix<f64> {
    let n = moved.ncols() as f64;
    moved * moved.transpose() * (n / (n - 1.0))
}

/// Half-panel jackknife.
///
/// # Errors
/// [`DynamicError::NotIdentified`] if regressors do not vary within some half.
pub(super) fn half_panel_jackknife(sequences: &Sequences) -> Result<Corrected, DynamicError> {
    let part = |bounds: &dyn Fn(usize) -> (usize, usize)| {
        let of = |unit: &Sequence| {
            let (from, to) = bounds(unit.y.len());
            Net::of(unit, from, to)
        };
        within(&sequences.units.iter().map(of).collect::<Vec<_>>())
    };
    let full = part(&|periods| (0, periods))?;
    // Where the number of periods is even, both ways to halve them are the same.
    let halves = [
        part(&|periods| (0, periods / 2))?,
        part(&|periods| (periods / 2, periods))?,
        part(&|periods| (0, periods.div_ceil(2)))?,
        part(&|periods| (periods.div_ceil(2), periods))?,
    ];
    let mut coefficients = full.coefficients * 2.0;
    let mut moved = full.moved * 2.0;
    for half in halves {
        coefficients -= half.coefficients * 0.25;
        moved -= half.moved * 0.25;
    }
    Ok(Corrected { coefficients, covariance: of_units(&moved), iterations: 0 })
}

/// `h(ρ, T)` and its derivative in `ρ`.
fn nickell(rho: f64, periods: usize) -> (f64, f64) {
    let (mut value, mut derivative) = (0.0, 0.0);
    for gap in 0..periods - 1 {
        let pairs = (periods - 1 - gap) as f64;
        value += pairs * rho.powi(gap as i32);
        if gap > 0 {
            derivative += pairs * gap as f64 * rho.powi(gap as i32 - 1);
        }
    }
    (-value / periods as f64, -derivative / periods as f64)
}

/// The moment of a unit and its derivative in the coefficients.
fn moment(unit: &Net, b: &DVector<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let e = &unit.y - &unit.w * b;
    let (h, slope) = nickell(b[0], e.len());
    let variance = e.norm_squared() / (e.len() as f64 - 1.0);
    let mut value = unit.w.tr_mul(&e);
    let mut derivative = -unit.w.tr_mul(&unit.w);
    let of_variance = value.transpose() * (-2.0 * h / (e.len() as f64 - 1.0));
    let mut first = derivative.row_mut(0);
    first -= of_variance;
    derivative[(0, 0)] -= slope * variance;
    value[0] -= h * variance;
    (value, derivative)
}

/// Bias-corrected within.
///
/// # Errors
/// [`DynamicError::NotIdentified`], [`DynamicError::BiasNotSettled`].
pub(super) fn bias_corrected(sequences: &Sequences) -> Result<Corrected, DynamicError> {
    let units: Vec<Net> = sequences.units.iter().map(|unit| Net::of(unit, 0, unit.y.len())).collect();
    let mut b = within(&units)?.coefficients;
    let k = b.len();
    let mut step = f64::INFINITY;
    for iterations in 1..=MOST {
        let found: Vec<(DVector<f64>, DMatrix<f64>)> = units.iter().map(|unit| moment(unit, &b)).collect();
        let total = found.iter().fold(DVector::zeros(k), |sum, (value, _)| sum + value);
        let derivative = found.iter().fold(DMatrix::zeros(k, k), |sum, (_, derivative)| sum + derivative);
        let inverse = derivative.try_inverse().ok_or(DynamicError::NotIdentified)?;
        if step <= SETTLED {
            let moved: Vec<DVector<f64>> = found.iter().map(|(value, _)| &inverse * value).collect();
            let covariance = of_units(&DMatrix::from_columns(&moved));
            return Ok(Corrected { coefficients: b, covariance, iterations });
        }
        let mut change = -(inverse * total);
        // The equations have several roots far from the data: steps are as short as the distance that within can be off.
        change *= (0.5 / change[0].abs().max(f64::MIN_POSITIVE)).min(1.0);
        b += &change;
        step = change.norm() / b.norm().max(f64::MIN_POSITIVE);
    }
    Err(DynamicError::BiasNotSettled { iterations: MOST, step })
}
