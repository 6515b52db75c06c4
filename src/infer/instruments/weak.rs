//! Strength of instruments, and tests that do not need it: effective F (Montiel Olea and Pflueger 2013), Anderson and
//! Rubin (1949), the conditional likelihood ratio (Moreira 2003) with the p-value of Andrews, Moreira and Stock (2007).

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::ln_gamma;

use super::distribution::{noncentral_chi_squared_quantile, upper_chi_squared};
use super::reduced_form::ReducedForm;

/// The worst-case biases relative to the benchmark for which critical values are given.
pub const BIASES: [f64; 4] = [0.05, 0.1, 0.2, 0.3];

/// The effective F with its critical values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effective {
    /// The statistic.
    pub statistic: f64,
    /// Critical values at 5 % for the biases 5, 10, 20 and 30 %.
    pub critical: [f64; 4],
    /// Effective degrees of freedom for a bias of a tenth.
    pub df: f64,
}

/// The effective F of a model with one endogenous regressor: `p'Gp / tr(G V)` with `G` the instruments' cross products
/// and `V` the covariance of their coefficients `p` (Montiel Olea and Pflueger 2013, eq. 5; Patnaik's critical values).
pub fn effective_f(form: &ReducedForm) -> Option<Effective> {
    if form.n_endogenous() != 1 {
        return None;
    }
    let (pi, v) = form.combine(&DVector::from_vec(vec![0.0, 1.0]));
    let root = form.gram.clone().cholesky()?.l();
    let w = root.transpose() * v * &root;
    let w = (&w + w.transpose()) * 0.5;
    let (trace, square) = (w.trace(), w.dot(&w));
    let largest = w.symmetric_eigenvalues().max();
    let df = |x: f64| trace * trace * (1.0 + 2.0 * x) / (square + 2.0 * x * trace * largest);
    let critical = BIASES.map(|bias| {
        let k = df(1.0 / bias);
        noncentral_chi_squared_quantile(0.95, k, k / bias) / k
    });
    Some(Effective { statistic: pi.dot(&(&form.gram * &pi)) / trace, critical, df: df(10.0) })
}

/// The Anderson-Rubin F that the coefficients of the endogenous regressors are `values`: the Wald statistic of the
/// instruments in the regression of `y - D values`, over L, under the model's errors.
pub fn anderson_rubin(form: &ReducedForm, values: &[f64]) -> Option<f64> {
    let shares = DVector::from_iterator(values.len() + 1, std::iter::once(1.0).chain(values.iter().map(|v| -v)));
    Some(form.wald(&shares)? / form.n_instruments() as f64)
}

/// The conditional likelihood ratio under iid errors: LR and the conditioning statistic `Q_T` at a value of the
/// coefficient (Andrews, Moreira and Stock 2006, eq. 3.4 to 3.6), for one endogenous regressor.
pub fn likelihood_ratio(form: &ReducedForm, value: f64) -> Option<(f64, f64)> {
    let (n, omega) = products(form);
    let c = DVector::from_vec(vec![1.0, -value]);
    let q_s = c.dot(&(&n * &c)) / c.dot(&(&omega * &c));
    let (low, high) = roots(&n, &omega)?;
    let q_s = q_s.clamp(low, high);
    Some((q_s - low, low + high - q_s))
}

/// Explained products, and the residual covariance with divisor N - K, of outcome and endogenous regressor.
pub(super) fn products(form: &ReducedForm) -> (DMatrix<f64>, DMatrix<f64>) {
    (form.explained(), &form.residuals / form.df_residual)
}

/// Both roots of `|N - r O|` for 2 x 2 matrices: the least and the largest value that `Q_S` can take.
pub(super) fn roots(n: &DMatrix<f64>, omega: &DMatrix<f64>) -> Option<(f64, f64)> {
    let root = omega.clone().cholesky()?.l().solve_lower_triangular(&DMatrix::identity(2, 2))?;
    let ratio = &root * n * root.transpose();
    let values = ((&ratio + ratio.transpose()) * 0.5).symmetric_eigenvalues();
    Some((values.min().max(0.0), values.max()))
}

/// Nodes and weights of Gauss and Legendre's rule with eight points, on [-1, 1]; the negative half is symmetric.
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// Widest panel of the integral.
const PANEL: f64 = 0.1;

/// `P(LR > lr | Q_T = q_t)` with `k` instruments (Andrews, Moreira and Stock 2007, eq. 3.2):
/// `1 - 2K int P(chi2_k < (q + lr)/(1 + q sin^2 t/lr)) cos^(k-2) t dt` over a quarter circle, by Gauss and Legendre on
/// panels that double in width from where the integrand bends.
pub fn likelihood_ratio_p(lr: f64, q_t: f64, k: usize) -> f64 {
    let df = k as f64;
    if lr.is_nan() || q_t.is_nan() {
        return f64::NAN;
    }
    if k == 1 || q_t <= 0.0 {
        return upper_chi_squared(lr, df);
    }
    if lr <= 0.0 {
        return 1.0;
    }
    let height = |t: f64| {
        let bound = (q_t + lr) / (1.0 + q_t * t.sin().powi(2) / lr);
        upper_chi_squared(bound, df) * t.cos().powi(k as i32 - 2)
    };
    let end = std::f64::consts::FRAC_PI_2;
    let mut width = (0.25 * (lr / q_t).sqrt()).clamp(1e-8, PANEL);
    let (mut from, mut total) = (0.0, 0.0);
    while from < end {
        let to = (from + width).min(end);
        let (centre, half) = (0.5 * (from + to), 0.5 * (to - from));
        total +=
            NODES.iter().map(|(x, w)| w * (height(centre - half * x) + height(centre + half * x))).sum::<f64>() * half;
        from = to;
        width = (2.0 * width).min(PANEL);
    }
    // The same integral of the upper tail: the density integrates to one, and small p-values keep their digits.
    let constant = (ln_gamma(df / 2.0) - ln_gamma((df - 1.0) / 2.0)).exp() / std::f64::consts::PI.sqrt();
    (2.0 * constant * total).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conditional_p_value_has_its_limits() {
        // Strong instruments: chi-squared with one degree of freedom. None: chi-squared with k.
        let one = upper_chi_squared(3.0, 1.0);
        assert!((likelihood_ratio_p(3.0, 1e9, 4) - one).abs() < 1e-6);
        assert!((likelihood_ratio_p(3.0, 1e-9, 4) - upper_chi_squared(3.0, 4.0)).abs() < 1e-6);
        assert_eq!(likelihood_ratio_p(3.0, 7.0, 1), one);
    }
}
