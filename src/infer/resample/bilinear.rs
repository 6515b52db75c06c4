//! [`Bilinear`]: the t statistic of every draw from cluster cross products, without another look at the rows.
//!
//! With `c = (X'WX)^-1 a`, `p = Xc`, residuals `û` and a hypothesised value `r`, restricted residuals are
//! `ũ = û + s p`, `s = (a'b - r) / a'(X'WX)^-1 a`: affine in `s`. So are the scores `S_g = X_g'W ũ_g`, the numerator
//! `a'b* - r = Σ_g v_g c'S_g`, and the studentising scores of every group `h` of errors,
//!
//! `(Jv)_h = Σ_g v_g Σ_{i in h and g} w p ũ - (Σ_{i in h} w p x)' (X'WX)^-1 Σ_g v_g S_g - effects`
//!
//! (Roodman, MacKinnon, Nielsen and Webb 2019, section 5 and appendix A; absorbed effects that reach across clusters as in
//! [`super::effects`]). A draw is therefore five numbers: the numerator's two and the variance's three, from which
//! `t*(r)` follows for every `r`. `J` is applied in factored form, which costs `k` per group and draw, or as a matrix,
//! whichever is cheaper.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::draws::Draws;
use super::effects::EffectShift;
use super::error::ResampleError;
use super::groups::Groups;
use super::jackknife::Jackknife;
use super::rows::{ErrorSet, Fitted, Rows, reaching};
use super::sums::DrawSums;
use super::variant::Variant;

/// How draws are made and studentised.
pub(super) struct Setting<'a> {
    /// The fit.
    pub(super) fitted: Fitted<'a>,
    /// Its rows.
    pub(super) rows: Rows<'a>,
    /// The groups that are drawn.
    pub(super) drawn: Groups,
    /// The terms of the variance.
    pub(super) sets: Vec<ErrorSet>,
    /// Whether the null is imposed on the draws.
    pub(super) null_imposed: bool,
    /// Which residuals and which variance.
    pub(super) variant: Variant,
}

/// The maps from the weights of a draw to the parts of one hypothesis' statistic.
pub(super) struct Bilinear {
    /// One row, or two where the null is imposed, x groups of draws.
    numerator: DMatrix<f64>,
    /// Sums of scores: columns (twice where the null is imposed) x groups of draws.
    scores: DMatrix<f64>,
    terms: Vec<VarianceTerm>,
    /// `a'(X'WX)^-1 a`.
    pub(super) shift: f64,
    /// Variance of the estimate by the same formula.
    pub(super) variance: f64,
    /// Effective number of clusters of the first cluster variable.
    pub(super) effective: f64,
}

/// One term of the variance: `factor ‖Jv‖²`.
struct VarianceTerm {
    factor: f64,
    /// The part of `û`, and that of `p` where the null is imposed.
    parts: Vec<Map>,
    n_groups: usize,
}

/// `J` of one part.
pub(super) enum Map {
    /// Errors x draws.
    Dense(DMatrix<f64>),
    /// `D v - L (S v) - effects`: cells of `D` as (error, draw, value), loadings `L`.
    Factored { cells: Vec<(u32, u32, f64)>, loadings: DMatrix<f64>, effect: Option<EffectShift> },
}

impl Setting<'_> {
    /// The maps of a contrast of the coefficients.
    pub(super) fn hypothesis(&self, contrast: &DVector<f64>) -> Result<Bilinear, ResampleError> {
        let rows = &self.rows;
        let (c, shift) = rows.direction(contrast);
        let p = rows.combine(&c);
        let weighted_p = rows.weighted(&p);
        let parts: Vec<&[f64]> = if self.null_imposed { vec![rows.residuals, &p] } else { vec![rows.residuals] };
        let plain: Vec<DMatrix<f64>> = parts.iter().map(|u| rows.scores(&rows.weighted(u), &self.drawn)).collect();
        let jackknife = match self.variant {
            Variant::Classic => None,
            _ => Some(self.jackknife()?),
        };
        let singular = || ResampleError::LeaveOneOutSingular {
            variant: self.variant.name(),
            cluster: self.fitted.covariance.clusters.first().map(|c| c.variable.clone()).unwrap_or_default(),
        };
        let scores = match &jackknife {
            Some(jackknife) if self.variant.jackknifes_scores() => {
                jackknife.scores(&plain, self.null_imposed.then_some(&c)).ok_or_else(singular)?
            }
            _ => plain.clone(),
        };
        let (terms, variance) = match &jackknife {
            Some(jackknife) if self.variant.jackknifes_variance() => {
                let directions = jackknife.directions(&c).ok_or_else(singular)?;
                self.jackknife_variance(&directions, &c, (&plain[0], &scores))
            }
            _ => self.cluster_variance(&c, (&parts, &weighted_p), &scores)?,
        };
        let k = c.len();
        let numerator = DMatrix::from_fn(scores.len(), self.drawn.n, |part, g| c.dot(&scores[part].column(g)));
        let stacked = DMatrix::from_fn(k * scores.len(), self.drawn.n, |row, g| scores[row / k][(row % k, g)]);
        let effective = self.sets.first().map_or(f64::NAN, |set| effective(&set.groups.sums(&weighted_p, &p)));
        Ok(Bilinear { numerator, scores: stacked, terms, shift, variance, effective })
    }

    /// Cross products by cluster, where they are defined.
    fn jackknife(&self) -> Result<Jackknife, ResampleError> {
        let variant = self.variant.name();
        match self.sets.as_slice() {
            [only] if only.groups == self.drawn => {}
            _ => return Err(ResampleError::VariantNeedsOneWay { variant }),
        }
        if let Some(effects) = reaching(self.fitted.design, &self.drawn) {
            return Err(ResampleError::VariantNeedsNested { variant, effects: effects.names() });
        }
        Ok(Jackknife::of(&self.rows, &self.drawn))
    }

    /// CV1: a term per set of cluster variables, and the variance of the estimate.
    fn cluster_variance(
        &self,
        c: &DVector<f64>,
        (parts, weighted_p): (&[&[f64]], &[f64]),
        scores: &[DMatrix<f64>],
    ) -> Result<(Vec<VarianceTerm>, f64), ResampleError> {
        let effects = reaching(self.fitted.design, &self.drawn);
        let mut variance = 0.0;
        let mut terms = Vec::new();
        for set in &self.sets {
            let own = set.groups.sums(weighted_p, self.rows.residuals);
            variance += set.factor * own.iter().map(|sum| sum * sum).sum::<f64>();
            let loadings = self.rows.scores(weighted_p, &set.groups).transpose() * &self.rows.inverse;
            let mut maps = Vec::new();
            for (part, u) in parts.iter().enumerate() {
                let cells = if self.variant.jackknifes_scores() {
                    (0..self.drawn.n).map(|g| (g as u32, g as u32, c.dot(&scores[part].column(g)))).collect()
                } else {
                    let sums = set.cells.sums(weighted_p, u);
                    set.homes.iter().zip(sums).map(|(&(h, g), sum)| (h, g, sum)).collect()
                };
                let effect = effects
                    .as_ref()
                    .map(|effects| {
                        EffectShift::of((effects, self.fitted.cache), (&self.rows, set), &self.drawn, (u, weighted_p))
                    })
                    .transpose()?;
                maps.push(Map::Factored { cells, loadings: loadings.clone(), effect });
            }
            terms.push(VarianceTerm::new(set.factor, maps, set.groups.n, scores));
        }
        Ok((terms, variance))
    }

    /// CV3: `(G-1)/G Σ_h (a'b*_(h) - a'b*)²` with `a'b*_(h) - a'b* = (d_h - c)'Σ_g v_g S_g - v_h d_h'S_h`.
    fn jackknife_variance(
        &self,
        directions: &DMatrix<f64>,
        c: &DVector<f64>,
        (residual_scores, scores): (&DMatrix<f64>, &[DMatrix<f64>]),
    ) -> (Vec<VarianceTerm>, f64) {
        let g = self.drawn.n;
        let factor = (g as f64 - 1.0) / g as f64;
        let along = |scores: &DMatrix<f64>, h: usize| directions.column(h).dot(&scores.column(h));
        let variance = factor * (0..g).map(|h| along(residual_scores, h).powi(2)).sum::<f64>();
        let loadings = DMatrix::from_fn(g, c.len(), |h, j| c[j] - directions[(j, h)]);
        let maps = scores
            .iter()
            .map(|scores| Map::Factored {
                cells: (0..g).map(|h| (h as u32, h as u32, -along(scores, h))).collect(),
                loadings: loadings.clone(),
                effect: None,
            })
            .collect();
        (vec![VarianceTerm::new(factor, maps, g, scores)], variance)
    }
}

impl VarianceTerm {
    /// Multiplies the maps out where that is cheaper.
    fn new(factor: f64, maps: Vec<Map>, n_groups: usize, scores: &[DMatrix<f64>]) -> VarianceTerm {
        let (k, drawn) = scores.first().map_or((0, 0), |scores| scores.shape());
        if !is_dense(n_groups, drawn, k) {
            return VarianceTerm { factor, parts: maps, n_groups };
        }
        let mut multiplied: Vec<DMatrix<f64>> =
            maps.iter().zip(scores).map(|(map, scores)| map.matrix(scores, n_groups)).collect();
        let mut n_groups = n_groups;
        let width = multiplied.len() * drawn;
        if n_groups > width {
            // Only the lengths and angles of the columns matter: the triangular factor has the same.
            let mut side_by_side = DMatrix::zeros(n_groups, width);
            for (part, map) in multiplied.iter().enumerate() {
                side_by_side.columns_mut(part * drawn, drawn).copy_from(map);
            }
            let r = side_by_side.qr().r();
            n_groups = r.nrows();
            multiplied = (0..multiplied.len()).map(|part| r.columns(part * drawn, drawn).into_owned()).collect();
        }
        VarianceTerm { factor, parts: multiplied.into_iter().map(Map::Dense).collect(), n_groups }
    }
}

/// Whether `J` is better multiplied out: dense products run at several times the speed of sparse ones.
pub(super) fn is_dense(n_groups: usize, drawn: usize, k: usize) -> bool {
    n_groups.saturating_mul(drawn) <= (4 * (k + 2) * (n_groups + drawn)).min(4_000_000)
}

impl Map {
    /// `J` as a matrix.
    fn matrix(&self, scores: &DMatrix<f64>, n_groups: usize) -> DMatrix<f64> {
        let drawn = scores.ncols();
        let mut out = DMatrix::zeros(n_groups, drawn);
        self.apply(&DMatrix::identity(drawn, drawn), scores, &mut out);
        out
    }

    /// The same map multiplied out.
    pub(super) fn multiplied(&self, scores: &DMatrix<f64>, n_groups: usize) -> Map {
        Map::Dense(self.matrix(scores, n_groups))
    }

    /// A combination of maps of one kind, with the same groups and loadings.
    pub(super) fn combine(maps: &[Map], coefficients: &[f64]) -> Map {
        let used = || maps.iter().zip(coefficients.iter().copied()).filter(|(_, c)| *c != 0.0);
        match maps {
            [Map::Factored { cells, loadings, effect }, ..] => {
                let mut cells: Vec<(u32, u32, f64)> = cells.iter().map(|&(h, g, _)| (h, g, 0.0)).collect();
                let mut effects = Vec::new();
                for (map, c) in used() {
                    if let Map::Factored { cells: own, effect, .. } = map {
                        cells.iter_mut().zip(own).for_each(|(cell, own)| cell.2 += c * own.2);
                        effects.extend(effect.as_ref().map(|effect| (effect, c)));
                    }
                }
                let effect = effect.as_ref().map(|_| EffectShift::combine(&effects));
                Map::Factored { cells, loadings: loadings.clone(), effect }
            }
            _ => {
                let mut out: Option<DMatrix<f64>> = None;
                for (map, c) in used() {
                    if let Map::Dense(own) = map {
                        match &mut out {
                            Some(out) => out.zip_apply(own, |out, value| *out += c * value),
                            None => out = Some(own * c),
                        }
                    }
                }
                Map::Dense(out.unwrap_or_else(|| DMatrix::zeros(0, 0)))
            }
        }
    }

    /// Writes `Jv` for a block of draws, `sums` being `S v`.
    pub(super) fn apply(&self, v: &DMatrix<f64>, sums: &DMatrix<f64>, out: &mut DMatrix<f64>) {
        match self {
            Map::Dense(map) => out.gemm(1.0, map, v, 0.0),
            Map::Factored { cells, loadings, effect } => {
                out.fill(0.0);
                out.gemm(-1.0, loadings, sums, 1.0);
                for (draw, mut out) in v.column_iter().zip(out.column_iter_mut()) {
                    cells.iter().for_each(|&(h, g, value)| out[h as usize] += value * draw[g as usize]);
                }
                if let Some(effect) = effect {
                    effect.subtract(v, out);
                }
            }
        }
    }
}

impl Bilinear {
    /// The five numbers of every draw of a block.
    pub(super) fn block(&self, v: &DMatrix<f64>) -> DrawSums {
        let n_parts = self.numerator.nrows();
        let numerator = &self.numerator * v;
        let row = |part: usize| numerator.row(part).iter().copied().collect::<Vec<f64>>();
        let mut sums = DrawSums::zero(v.ncols(), n_parts > 1);
        sums.n0 = row(0);
        if n_parts > 1 {
            sums.n1 = row(1);
        }
        let factored = self.terms.iter().any(|term| term.parts.iter().any(|map| matches!(map, Map::Factored { .. })));
        let scores = if factored { &self.scores * v } else { DMatrix::zeros(0, v.ncols()) };
        let k = scores.nrows() / n_parts;
        for term in &self.terms {
            let parts: Vec<DMatrix<f64>> = term
                .parts
                .iter()
                .enumerate()
                .map(|(part, map)| {
                    let mut out = DMatrix::zeros(term.n_groups, v.ncols());
                    map.apply(v, &scores.rows(part * k, k).into_owned(), &mut out);
                    out
                })
                .collect();
            sums.add(term.factor, &parts);
        }
        sums
    }
}

/// `G / (1 + cv²)` of the clusters' shares in `a'(X'WX)^-1 X_g'W X_g (X'WX)^-1 a` (Carter, Schnepel and Steigerwald 2017,
/// equation 8, with independent errors).
pub(super) fn effective(shares: &[f64]) -> f64 {
    let g = shares.len() as f64;
    let mean = shares.iter().sum::<f64>() / g;
    let spread = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / g;
    g / (1.0 + spread / (mean * mean))
}

/// The five numbers of every draw for several hypotheses, which share the draws.
pub(super) fn all_sums(hypotheses: &[Bilinear], draws: &Draws) -> Vec<DrawSums> {
    let blocks: Vec<Vec<DrawSums>> = (0..draws.n_blocks())
        .into_par_iter()
        .map(|block| {
            let v = draws.block(block);
            hypotheses.iter().map(|hypothesis| hypothesis.block(&v)).collect()
        })
        .collect();
    let mut all: Vec<DrawSums> = hypotheses.iter().map(|h| DrawSums::zero(0, h.numerator.nrows() > 1)).collect();
    for block in blocks {
        all.iter_mut().zip(block).for_each(|(all, block)| all.append(block));
    }
    all
}
