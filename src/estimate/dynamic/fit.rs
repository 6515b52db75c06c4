//! GMM of the equations: one, two and more steps, their covariances, and the tests of the instruments.

use nalgebra::{DMatrix, DVector};

use super::equations::{Equations, InstrumentColumn};
use super::method::{DynamicGmm, GmmSteps, LevelConvention};
use super::serial::{Estimated, serial_test};
use super::variables::{DynamicError, DynamicVariables};
use crate::estimate::descent::descend;
use crate::estimate::ols::INTERCEPT;
use crate::infer::instruments::distribution::upper_chi_squared;
use crate::infer::normal::two_sided_p;

/// Most iterations of the iterated estimator, and the relative step at which it has settled.
const MOST: usize = 1000;
const SETTLED: f64 = 1e-11;

/// A test of overidentifying restrictions.
#[derive(Clone, Debug, PartialEq)]
pub struct OveridentificationTest {
    /// `sargan`, `hansen`, or whose exogeneity it tests.
    pub name: String,
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// The p-value by chi-squared.
    pub p_value: f64,
}

/// A test of serial correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SerialTest {
    /// The order.
    pub order: usize,
    /// The statistic, standard normal under no correlation of that order.
    pub statistic: f64,
    /// The two-sided p-value.
    pub p_value: f64,
}

/// An estimated dynamic model.
#[derive(Clone, Debug)]
pub struct DynamicFit {
    /// Coefficients in order: regressors, then the constant and the dummies.
    pub terms: Vec<String>,
    /// How many of the terms are regressors.
    pub regressors: usize,
    /// The coefficients.
    pub coefficients: DVector<f64>,
    /// Their covariance.
    pub covariance: DMatrix<f64>,
    /// Sargan, Hansen and differences of Hansen.
    pub overidentification: Vec<OveridentificationTest>,
    /// Serial correlation of differenced residuals.
    pub serial: Vec<SerialTest>,
    /// Instruments by variable and equation, in order: name, whether of levels, how many.
    pub instruments: Vec<(String, bool, usize)>,
    /// Units with a row.
    pub units: usize,
    /// Rows of the transformed equation.
    pub transformed_rows: usize,
    /// Rows of both equations.
    pub rows: usize,
    /// Steps made.
    pub iterations: usize,
    /// Whether a weighting matrix was singular, so that a generalised inverse stands in for it.
    pub singular: bool,
}

impl DynamicFit {
    /// Columns of instruments.
    pub fn n_instruments(&self) -> usize {
        self.instruments.iter().map(|(.., count)| count).sum()
    }
}

/// The inverse, or the Moore-Penrose inverse where the matrix is singular in double precision.
fn inverse(matrix: &DMatrix<f64>) -> (DMatrix<f64>, bool) {
    let scale: Vec<f64> = matrix.diagonal().iter().map(|d| if *d > 0.0 { d.sqrt() } else { 1.0 }).collect();
    let n = matrix.nrows();
    let scaled = DMatrix::from_fn(n, n, |i, j| matrix[(i, j)] / (scale[i] * scale[j]));
    if let Some(factor) = scaled.clone().cholesky()
        && factor.l_dirty().diagonal().iter().all(|d| d * d > 1e-12)
    {
        let found = factor.inverse();
        return (DMatrix::from_fn(n, n, |i, j| found[(i, j)] / (scale[i] * scale[j])), false);
    }
    let eigen = matrix.clone().symmetric_eigen();
    let floor = eigen.eigenvalues.amax() * 1e-12;
    let turned = eigen.eigenvalues.map(|value| if value > floor { value.recip() } else { 0.0 });
    (&eigen.eigenvectors * DMatrix::from_diagonal(&turned) * eigen.eigenvectors.transpose(), true)
}

/// A minimum of the objective for given weights.
struct Step {
    weights: DMatrix<f64>,
    /// `(S'AS)^-1`.
    bread: DMatrix<f64>,
    coefficients: DVector<f64>,
}

struct Problem {
    equations: Equations,
    zx: DMatrix<f64>,
    zy: DVector<f64>,
    singular: bool,
}

impl Problem {
    fn step(&mut self, moments: &DMatrix<f64>) -> Result<Step, DynamicError> {
        let (weights, singular) = inverse(moments);
        self.singular |= singular;
        let half = self.zx.transpose() * &weights;
        let (bread, rank_lost) = inverse(&(&half * &self.zx));
        if rank_lost {
            return Err(DynamicError::NotIdentified);
        }
        let coefficients = &bread * (half * &self.zy);
        Ok(Step { weights, bread, coefficients })
    }

    fn score(&self, b: &DVector<f64>) -> DVector<f64> {
        &self.zy - &self.zx * b
    }

    /// `B S'A`.
    fn map(&self, step: &Step) -> DMatrix<f64> {
        &step.bread * self.zx.transpose() * &step.weights
    }

    fn spare(&self) -> usize {
        self.equations.instruments.len() - self.equations.terms.len()
    }
}

fn tested(name: &str, statistic: f64, df: usize) -> OveridentificationTest {
    let p_value = if df == 0 { f64::NAN } else { upper_chi_squared(statistic, df as f64) };
    OveridentificationTest { name: name.to_string(), statistic, df, p_value }
}

/// Estimates a dynamic model. `orders` serial correlation tests are made.
///
/// # Errors
/// [`DynamicError`].
pub fn estimate(vars: &DynamicVariables, asked: &DynamicGmm, orders: usize) -> Result<DynamicFit, DynamicError> {
    let equations = Equations::of(vars, asked)?;
    let (zx, zy) = equations.cross();
    let mut problem = Problem { equations, zx, zy, singular: false };
    let h = problem.equations.first_weights(asked.two_stage);
    let first = problem.step(&h)?;
    let omega_first = problem.equations.omega(&first.coefficients);
    let second = problem.step(&omega_first)?;
    let sandwich = problem.map(&first);
    let robust_first = &sandwich * &omega_first * sandwich.transpose();
    let sigma = problem.equations.residual_variance(&first.coefficients);
    let mut iterations = 1;
    let (step, covariance) = match asked.steps {
        GmmSteps::One if asked.robust => (&first, robust_first.clone()),
        GmmSteps::One if asked.convention == LevelConvention::Plm => {
            (&first, &first.bread / problem.equations.units.len() as f64)
        }
        GmmSteps::One => (&first, &first.bread * sigma),
        GmmSteps::Two => {
            iterations = 2;
            let corrected = windmeijer(&problem, (&second, &first.coefficients), &robust_first);
            (&second, if asked.robust { corrected } else { second.bread.clone() })
        }
        GmmSteps::Iterated => return iterated(problem, (first, second), (asked, orders, sigma)),
        GmmSteps::Continuous => return continuous(problem, (first, second), (asked, orders, sigma)),
    };
    Ok(finished(&problem, (&first, &second, step), covariance, (asked, orders, sigma, iterations)))
}

/// Windmeijer's (2005) covariance of a step whose weights come from `earlier` coefficients with covariance `v`.
fn windmeijer(problem: &Problem, (step, earlier): (&Step, &DVector<f64>), v: &DMatrix<f64>) -> DMatrix<f64> {
    let weighted = &step.weights * problem.score(&step.coefficients);
    let d = problem.map(step) * problem.equations.omega_derivatives(earlier, &weighted);
    let db = &d * &step.bread;
    &step.bread + &db + db.transpose() + &d * v * d.transpose()
}

fn iterated(
    mut problem: Problem,
    (first, second): (Step, Step),
    (asked, orders, sigma): (&DynamicGmm, usize, f64),
) -> Result<DynamicFit, DynamicError> {
    let mut at = problem.step(&problem.equations.omega(&second.coefficients).clone())?;
    let mut before = second.coefficients.clone();
    let mut iterations = 3;
    loop {
        let step = (&at.coefficients - &before).norm() / at.coefficients.norm().max(f64::MIN_POSITIVE);
        if step <= SETTLED {
            break;
        }
        if iterations >= MOST {
            return Err(DynamicError::NotSettled { iterations, step });
        }
        let omega = problem.equations.omega(&at.coefficients);
        before = at.coefficients.clone();
        at = problem.step(&omega)?;
        iterations += 1;
    }
    let covariance = if asked.robust { at_own_weights(&problem, &at, &before) } else { at.bread.clone() };
    Ok(finished(&problem, (&first, &second, &at), covariance, (asked, orders, sigma, iterations)))
}

/// The covariance where the weights come from the estimate itself: `V = (I - D)^-1 B (I - D)'^-1` (Windmeijer 2005, section 4).
fn at_own_weights(problem: &Problem, at: &Step, weighted_at: &DVector<f64>) -> DMatrix<f64> {
    let weighted = &at.weights * problem.score(&at.coefficients);
    let d = problem.map(at) * problem.equations.omega_derivatives(weighted_at, &weighted);
    let k = d.nrows();
    match (DMatrix::identity(k, k) - d).try_inverse() {
        Some(turn) => &turn * &at.bread * turn.transpose(),
        None => at.bread.clone(),
    }
}

/// The minimum of `g(b)'Ω(b)^-1 g(b)`, whose gradient is `-2 S'v - ∂(v'Ωv)`, `v = Ω^-1 g`.
fn continuous(
    problem: Problem,
    (first, second): (Step, Step),
    (asked, orders, sigma): (&DynamicGmm, usize, f64),
) -> Result<DynamicFit, DynamicError> {
    let objective = |b: &DVector<f64>| -> Result<(f64, DVector<f64>), DynamicError> {
        let score = problem.score(b);
        let v = inverse(&problem.equations.omega(b)).0 * &score;
        // omega_derivatives has -∂Ω/∂b_k v.
        let moved = problem.equations.omega_derivatives(b, &v).transpose() * &v;
        Ok((v.dot(&score), moved - problem.zx.transpose() * &v * 2.0))
    };
    let found = descend(second.coefficients.clone(), &(&second.bread * 0.5), objective)?;
    if !found.settled {
        let step = found.gradient.norm() / found.at.norm().max(f64::MIN_POSITIVE);
        return Err(DynamicError::NotSettled { iterations: found.rounds, step });
    }
    let (weights, singular) = inverse(&problem.equations.omega(&found.at));
    let problem = Problem { singular: problem.singular || singular, ..problem };
    let (bread, rank_lost) = inverse(&(problem.zx.transpose() * &weights * &problem.zx));
    if rank_lost {
        return Err(DynamicError::NotIdentified);
    }
    let at = Step { weights, bread, coefficients: found.at };
    let covariance =
        if asked.robust { at_own_weights(&problem, &at, &at.coefficients.clone()) } else { at.bread.clone() };
    Ok(finished(&problem, (&first, &second, &at), covariance, (asked, orders, sigma, found.rounds)))
}

fn finished(
    problem: &Problem,
    (first, second, step): (&Step, &Step, &Step),
    covariance: DMatrix<f64>,
    (asked, orders, sigma, iterations): (&DynamicGmm, usize, f64, usize),
) -> DynamicFit {
    let equations = &problem.equations;
    let at = Estimated {
        coefficients: &step.coefficients,
        map: problem.map(step),
        covariance: &covariance,
        convention: asked.convention,
    };
    let serial = (1..=orders)
        .filter_map(|order| {
            let statistic = serial_test(equations, &at, order)?;
            Some(SerialTest { order, statistic, p_value: two_sided_p(statistic) })
        })
        .collect();
    let mut instruments: Vec<(String, bool, usize)> = Vec::new();
    for column in &equations.instruments {
        match instruments.iter_mut().find(|(name, levels, _)| *name == column.variable && *levels == column.of_levels) {
            Some((.., count)) => *count += 1,
            None => instruments.push((column.variable.clone(), column.of_levels, 1)),
        }
    }
    DynamicFit {
        overidentification: overidentification(problem, (first, second, step), (asked, sigma)),
        serial,
        instruments,
        units: equations.units.len(),
        transformed_rows: equations.units.iter().map(|unit| unit.transformed).sum(),
        rows: equations.units.iter().map(|unit| unit.rows()).sum(),
        iterations,
        singular: problem.singular,
        terms: equations.terms.clone(),
        regressors: equations.regressors,
        coefficients: step.coefficients.clone(),
        covariance,
    }
}

/// Sargan's test of the one-step estimator in units of the residual variance, Hansen's of the last step, and the
/// differences of the latter without subsets of instruments.
fn overidentification(
    problem: &Problem,
    (first, second, step): (&Step, &Step, &Step),
    (asked, sigma): (&DynamicGmm, f64),
) -> Vec<OveridentificationTest> {
    let df = problem.spare();
    let objective = |weights: &DMatrix<f64>, b: &DVector<f64>| {
        let score = problem.score(b);
        (weights * &score).dot(&score)
    };
    let last = if asked.steps == GmmSteps::One { second } else { step };
    let hansen = objective(&last.weights, &last.coefficients);
    let mut out = vec![
        tested("sargan", objective(&first.weights, &first.coefficients) / sigma, df),
        tested("hansen", hansen, df),
    ];
    if asked.steps == GmmSteps::One {
        out.push(tested("robust score", objective(&second.weights, &first.coefficients), df));
    }
    let moments = inverse(&last.weights).0;
    for (name, is_tested) in subsets(&problem.equations.instruments) {
        if let Some((without, tested_columns)) = without(problem, &moments, &is_tested) {
            out.push(tested(&format!("hansen without {name}"), without, df - tested_columns));
            out.push(tested(&format!("difference in hansen: {name}"), (hansen - without).max(0.0), tested_columns));
        }
    }
    out
}

/// Subsets of instruments whose exogeneity is tested, by name: all lagged differences of the level equation, the lags of each
/// variable, and the standard instruments.
fn subsets(instruments: &[InstrumentColumn]) -> Vec<(String, Vec<bool>)> {
    let mut out = vec![("level lags".to_string(), instruments.iter().map(|one| one.of_levels && one.is_lag).collect())];
    let mut variables: Vec<&str> = Vec::new();
    for one in instruments.iter().filter(|one| one.is_lag) {
        if !variables.contains(&one.variable.as_str()) {
            variables.push(&one.variable);
        }
    }
    for variable in variables {
        let is_of = |one: &InstrumentColumn| one.is_lag && one.variable == variable;
        out.push((format!("lags of {variable}"), instruments.iter().map(is_of).collect()));
    }
    let is_standard = |one: &InstrumentColumn| !one.is_lag && one.variable != INTERCEPT;
    out.push(("standard instruments".to_string(), instruments.iter().map(is_standard).collect()));
    out
}

/// Hansen's statistic without the tested instruments, with the covariance of the last step of the moments that are kept, and
/// how many are tested; `None` if there are none, or the others do not identify the coefficients.
fn without(problem: &Problem, moments: &DMatrix<f64>, is_tested: &[bool]) -> Option<(f64, usize)> {
    let kept: Vec<usize> = (0..is_tested.len()).filter(|&i| !is_tested[i]).collect();
    let tested_columns = is_tested.len() - kept.len();
    if tested_columns == 0 || tested_columns > problem.spare() {
        return None;
    }
    let mut part = Problem {
        equations: Equations {
            terms: problem.equations.terms.clone(),
            regressors: problem.equations.regressors,
            units: Vec::new(),
            instruments: kept.iter().map(|&i| problem.equations.instruments[i].clone()).collect(),
        },
        zx: problem.zx.select_rows(&kept),
        zy: problem.zy.select_rows(&kept),
        singular: false,
    };
    let restricted = part.step(&moments.select_rows(&kept).select_columns(&kept)).ok()?;
    let score = part.score(&restricted.coefficients);
    Some(((&restricted.weights * &score).dot(&score), tested_columns))
}
