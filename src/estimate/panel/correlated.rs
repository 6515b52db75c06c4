//! Random effects that are correlated with regressors: Mundlak's means, and instruments made of the panel itself.
//!
//! Mundlak (1978) adds the unit means of the regressors that vary within units; the coefficients of these are then those
//! of the within regression, and those of the means test the random-effects model.
//!
//! Hausman and Taylor (1981) call regressors exogenous (`x1`, `z1`) or endogenous (`x2`, `z2`), by whether the unit effects are
//! correlated with them; `z` do not vary within units. Two-stage least squares of the quasi-demeaned equation has as
//! instruments, with `W` net of unit means and `P` unit means:
//!
//! | method | instruments |
//! |---|---|
//! | Hausman and Taylor (1981) | `Wx1, Wx2, Px1, z1` |
//! | Amemiya and MaCurdy (1986) | those and `Wx1` of every period as columns of their own |
//! | Breusch, Mizon and Schmidt (1989) | those and `Wx2` of every period |
//!
//! Quasi-demeaned `x1` and `z1` instrument themselves; with `Wx1` they span `Px1`. In unbalanced panels, where `θ_i`
//! differs, the span is that of `(1 - θ_i)Px1`, the means in the units of the equation.
//!
//! Variance components: `σ²_ν` is the within residual sum of squares over `n - N`; with `d_i` the unit means of
//! `y - xb_W` and `r_i` their residuals by two-stage least squares on `z` with instruments `x1, z1`,
//! `σ²_α = (Σ T_i r_i² / N - σ²_ν) / T̄`, `T̄` the harmonic mean (Hausman and Taylor 1981, section 3; plm's `ht`).

use std::sync::Arc;

use super::components::VarianceComponents;
use super::error::PanelError;
use super::levels::{Levels, varies};
use super::means::{averaged, demeaned};
use super::method::{InstrumentSet, PanelEffect};
use super::quasi::QuasiDemeaning;
use super::random::{RandomDesign, with_components_noted};
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, PanelIndex, Variable, Way};
use crate::estimate::Method;
use crate::estimate::ols::INTERCEPT;
use crate::linalg::{dot, residual, solve_least_squares};
use crate::vcov::Errors;

/// What comes before the name of a regressor whose unit mean is added.
pub(crate) const MEAN_OF: &str = "unit mean of ";

/// The design with the unit means of its regressors that vary within units.
///
/// # Errors
/// [`PanelError::Instruments`] if it has instruments.
pub(crate) fn with_unit_means(design: &DesignMatrix, index: &PanelIndex) -> Result<DesignMatrix, PanelError> {
    if !design.endogenous.is_empty() {
        return Err(PanelError::Instruments { method: "mundlak" });
    }
    let unit = index.factor(Way::Unit);
    let mean = |variable: &Variable| Variable {
        name: format!("{MEAN_OF}{}", variable.name),
        values: Arc::new(averaged(&variable.values, unit)),
    };
    let varying =
        design.regressors.iter().filter(|variable| varies(&demeaned(&variable.values, unit), &variable.values));
    let regressors = design.regressors.iter().cloned().chain(varying.map(mean)).collect();
    Ok(DesignMatrix { regressors, ..design.clone() })
}

/// Regressors by whether they vary within units, and whether they are correlated with the effects.
struct Kinds<'a> {
    varying: Vec<&'a Variable>,
    fixed: Vec<&'a Variable>,
    varying_endogenous: Vec<&'a Variable>,
    fixed_endogenous: Vec<&'a Variable>,
}

impl<'a> Kinds<'a> {
    fn of(design: &'a DesignMatrix, index: &PanelIndex) -> Kinds<'a> {
        let unit = index.factor(Way::Unit);
        let apart = |variables: &'a [Variable]| -> (Vec<&'a Variable>, Vec<&'a Variable>) {
            variables.iter().partition(|variable| varies(&demeaned(&variable.values, unit), &variable.values))
        };
        let (varying, fixed) = apart(&design.regressors);
        let (varying_endogenous, fixed_endogenous) = apart(&design.endogenous);
        Kinds { varying, fixed, varying_endogenous, fixed_endogenous }
    }
}

/// The quasi-demeaned design with its instruments; `design.endogenous` are the regressors that the effects are
/// correlated with.
///
/// # Errors
/// [`PanelError`] if the design has effects, weights or instruments of its own, if components cannot be estimated, or
/// instruments by period are asked of an unbalanced panel.
pub(crate) fn instrumented(
    design: &DesignMatrix,
    index: &PanelIndex,
    set: InstrumentSet,
    cache: &AbsorberCache,
) -> Result<RandomDesign, PanelError> {
    let method = set.name();
    if !design.absorbed.is_empty() {
        return Err(PanelError::Absorbed { method });
    }
    if design.weights.is_some() {
        return Err(PanelError::Weights { method });
    }
    if !design.instruments.is_empty() {
        return Err(PanelError::Instruments { method });
    }
    if set != InstrumentSet::HausmanTaylor && !index.is_balanced() {
        return Err(PanelError::Unbalanced { method });
    }
    let kinds = Kinds::of(design, index);
    if kinds.fixed_endogenous.len() > kinds.varying.len() {
        return Err(PanelError::FewExogenous {
            varying: kinds.varying.len(),
            fixed: kinds.fixed_endogenous.iter().map(|variable| variable.name.clone()).collect(),
        });
    }
    let components = components(design, index, &kinds, cache)?;
    let by = QuasiDemeaning::of(index, PanelEffect::Unit, &components);
    let changed =
        |variable: &Variable| Variable { name: variable.name.clone(), values: Arc::new(by.apply(&variable.values)) };
    let constant = design
        .intercept
        .then(|| Variable { name: INTERCEPT.to_string(), values: Arc::new(by.apply(&vec![1.0; design.n_rows()])) });
    let out = DesignMatrix {
        outcome: changed(&design.outcome),
        regressors: constant.into_iter().chain(design.regressors.iter().map(changed)).collect(),
        endogenous: design.endogenous.iter().map(changed).collect(),
        instruments: instruments(&kinds, index, set),
        intercept: false,
        ..design.clone()
    };
    Ok(with_components_noted(RandomDesign { design: out, components, theta: by.theta }, index, method))
}

/// What instruments besides the exogenous regressors themselves.
fn instruments(kinds: &Kinds<'_>, index: &PanelIndex, set: InstrumentSet) -> Vec<Variable> {
    let unit = index.factor(Way::Unit);
    let net = |variable: &&Variable| Variable {
        name: format!("{} net of unit means", variable.name),
        values: Arc::new(demeaned(&variable.values, unit)),
    };
    let mut out: Vec<Variable> = kinds.varying.iter().chain(&kinds.varying_endogenous).map(net).collect();
    let by_period: Vec<&Variable> = match set {
        InstrumentSet::HausmanTaylor => Vec::new(),
        InstrumentSet::AmemiyaMacurdy => kinds.varying.clone(),
        InstrumentSet::BreuschMizonSchmidt => kinds.varying.iter().chain(&kinds.varying_endogenous).copied().collect(),
    };
    out.extend(by_period.into_iter().flat_map(|variable| of_every_period(variable, index)));
    out
}

/// The values of a unit in every period but the last, net of its mean, in all its rows; the last follows from the others.
fn of_every_period(variable: &Variable, index: &PanelIndex) -> Vec<Variable> {
    let net = demeaned(&variable.values, index.factor(Way::Unit));
    let column = |period: usize| {
        let mut values = vec![0.0; net.len()];
        for rows in index.units() {
            rows.iter().for_each(|&row| values[row as usize] = net[rows[period] as usize]);
        }
        let name = format!("{} of {} {}", variable.name, index.periods.name, index.periods.values[period]);
        Variable { name, values: Arc::new(values) }
    };
    (0..index.periods.len() - 1).map(column).collect()
}

fn components(
    design: &DesignMatrix,
    index: &PanelIndex,
    kinds: &Kinds<'_>,
    cache: &AbsorberCache,
) -> Result<VarianceComponents, PanelError> {
    let unit = index.factor(Way::Unit);
    let all = design.regressors.iter().chain(&design.endogenous).cloned().collect();
    let joint = DesignMatrix { regressors: all, endogenous: Vec::new(), ..design.clone() };
    let levels = Levels::of(&joint);
    let within = levels.within((&joint, index), PanelEffect::Unit, cache)?;
    let solved = solve_least_squares(&within.views(), &within.outcome, None)
        .ok_or(PanelError::Singular { where_: "within units" })?;
    let (n, units) = (index.n_rows() as f64, index.n(Way::Unit) as f64);
    if n <= units {
        return Err(PanelError::NoVariance {
            what: "idiosyncratic".into(),
            rows: index.n_rows(),
            of: "rows".into(),
            parameters: index.n(Way::Unit),
        });
    }
    let idiosyncratic = dot(&solved.residuals, &solved.residuals) / (n - units);
    let slopes = &levels.regressors[usize::from(levels.intercept)..];
    let columns: Vec<&[f64]> = within.kept.iter().map(|&at| slopes[at].values.as_slice()).collect();
    let means = averaged(&residual(&columns, &levels.outcome, &solved.coefficients), unit);
    let copied = |variables: &[&Variable]| variables.iter().map(|&variable| variable.clone()).collect::<Vec<_>>();
    let has_endogenous = !kinds.fixed_endogenous.is_empty();
    let between = DesignMatrix {
        outcome: Variable { name: "unit means".to_string(), values: Arc::new(means) },
        regressors: copied(&kinds.fixed),
        endogenous: copied(&kinds.fixed_endogenous),
        instruments: if has_endogenous { copied(&kinds.varying) } else { Vec::new() },
        intercept: true,
        ..design.clone()
    };
    let singular = PanelError::Singular { where_: "between units" };
    let (found, _) = Method::by_default(&between).fit(&between, &Errors::Iid, cache).map_err(|_| singular.clone())?;
    let squares = found.sums.residual / units;
    let harmonic = units / index.counts(Way::Unit).iter().map(|count| count.recip()).sum::<f64>();
    let estimate = (squares - idiosyncratic) / harmonic;
    let negative = if estimate < 0.0 { vec![(Way::Unit, estimate)] } else { Vec::new() };
    Ok(VarianceComponents { idiosyncratic, unit: Some(estimate.max(0.0)), time: None, negative })
}
