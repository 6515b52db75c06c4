//! The columns that an index with frailty is made of.

use nalgebra::{DMatrix, DVector};

use crate::design::DesignMatrix;
use crate::estimate::likelihood::ascent::Summit;
use crate::estimate::working::COLLINEAR;
use crate::linalg::{Pivots, cross_products, dot, sum};

/// Columns of the index: the constant if there is one, the kept regressors, and dummies of effects.
pub(super) struct Columns {
    pub(super) reported: Vec<Vec<f64>>,
    dummies: Vec<Vec<f64>>,
}

impl Columns {
    pub(super) fn of(design: &DesignMatrix, summit: &Summit) -> Columns {
        let n = design.n_rows();
        let constant = design.intercept.then(|| vec![1.0; n]);
        let regressors = summit.kept.iter().map(|&j| design.regressors[j].values.to_vec());
        let reported = constant.into_iter().chain(regressors).collect();
        let mut dummies: Vec<Vec<f64>> = Vec::new();
        for (k, effect) in design.absorbed.iter().enumerate() {
            for level in u32::from(k > 0)..effect.factor.n_levels as u32 {
                dummies.push(effect.factor.codes.iter().map(|&code| f64::from(u8::from(code == level))).collect());
            }
        }
        // In a second component of two effects one more dummy is redundant.
        let views: Vec<&[f64]> = dummies.iter().map(Vec::as_slice).collect();
        let kept = Pivots::choose(&cross_products(&views, None), COLLINEAR).kept;
        let dummies = kept.into_iter().map(|j| std::mem::take(&mut dummies[j])).collect();
        Columns { reported, dummies }
    }

    pub(super) fn by_row(&self, n: usize) -> DMatrix<f64> {
        let k = self.reported.len();
        DMatrix::from_fn(k + self.dummies.len(), n, |j, row| {
            if j < k { self.reported[j][row] } else { self.dummies[j - k][row] }
        })
    }

    /// Coefficients at an index of the sample.
    pub(super) fn start(&self, design: &DesignMatrix, summit: &Summit, index: &[f64]) -> DVector<f64> {
        let slopes = &summit.coefficients;
        let first = usize::from(design.intercept);
        let mut left: Vec<f64> = index.to_vec();
        if let Some(offset) = &design.offset {
            left.iter_mut().zip(offset.values.iter()).for_each(|(left, o)| *left -= o);
        }
        for (x, b) in self.reported[first..].iter().zip(slopes.iter()) {
            left.iter_mut().zip(x).for_each(|(left, x)| *left -= b * x);
        }
        let mut out: Vec<f64> = Vec::new();
        if design.intercept {
            out.push(sum(&left) / left.len() as f64);
        }
        out.extend(slopes.iter());
        let views: Vec<&[f64]> = self.dummies.iter().map(Vec::as_slice).collect();
        let against = DVector::from_iterator(views.len(), views.iter().map(|d| dot(d, &left)));
        let levels = cross_products(&views, None).cholesky().map(|gram| gram.solve(&against));
        out.extend(levels.unwrap_or_else(|| DVector::zeros(views.len())).iter());
        DVector::from_vec(out)
    }
}
