//! The maximum of a spatial likelihood: a root of its slope, so that the parameter has all digits.

use nalgebra::{DMatrix, DVector};

use super::error::SpatialError;
use super::likelihood::{Likelihood, Point};

/// Points at which a cheap likelihood is looked at for its highest peak.
const SCAN: usize = 64;

/// Iterations after which the search gives up.
const MOST: usize = 100;

/// A maximum and the iterations it took.
pub struct Maximum {
    /// The point.
    pub point: Point,
    /// Evaluations, or steps in two parameters.
    pub iterations: usize,
}

/// Finds the maximum.
///
/// One parameter: Brent's root of the slope (1973), bracketed from a scan of the whole range where values are cheap, and
/// otherwise from zero on in the direction of the slope. Two: Newton steps from several starts, the best kept.
///
/// # Errors
/// Those of the likelihood, or no maximum inside the bounds.
pub fn maximise(likelihood: &Likelihood<'_>) -> Result<Maximum, SpatialError> {
    match likelihood.free().as_slice() {
        [] => Ok(Maximum { point: likelihood.at(0.0, 0.0)?, iterations: 0 }),
        [one] => by_root(likelihood, *one),
        _ => by_newton(likelihood),
    }
}

fn point(likelihood: &Likelihood<'_>, parameter: usize, value: f64) -> Result<Point, SpatialError> {
    if parameter == 0 { likelihood.at(value, 0.0) } else { likelihood.at(0.0, value) }
}

fn by_root(likelihood: &Likelihood<'_>, parameter: usize) -> Result<Maximum, SpatialError> {
    let (low, high) = likelihood.bounds(parameter);
    let (low, high) = (low.max(-1e6), high.min(1e6));
    let at = |value: f64| point(likelihood, parameter, value);
    let of = if parameter == 0 { likelihood.lag } else { likelihood.error };
    let bracket = if of.is_some_and(|jacobian| jacobian.is_cheap()) {
        scan(&at, parameter, (low, high))?
    } else {
        outward(&at, parameter, (low, high))?
    };
    let Some((a, b)) = bracket else {
        let rises = at(0.0)?.slope[parameter] > 0.0;
        let name = if parameter == 0 { "rho" } else { "lambda" };
        return Err(SpatialError::AtBound { name: name.into(), bound: if rises { high } else { low } });
    };
    let (point, iterations) = root(&at, parameter, (a, b))?;
    Ok(Maximum { point, iterations })
}

type At<'a> = &'a dyn Fn(f64) -> Result<Point, SpatialError>;

/// The bracket around the highest of many points.
fn scan(at: At<'_>, parameter: usize, (low, high): (f64, f64)) -> Result<Option<(Point, Point)>, SpatialError> {
    // Denser towards the bounds, where the log determinant bends.
    let place = |k: usize| {
        let share = 0.5 - 0.5 * (std::f64::consts::PI * (k as f64 + 0.5) / SCAN as f64).cos();
        low + (high - low) * share
    };
    let points = (0..SCAN).map(|k| at(place(k))).collect::<Result<Vec<Point>, _>>()?;
    let best = (0..SCAN).max_by(|&a, &b| points[a].log_likelihood.total_cmp(&points[b].log_likelihood)).unwrap_or(0);
    let other = if points[best].slope[parameter] > 0.0 { best + 1 } else { best.wrapping_sub(1) };
    let Some(found) = points.get(other) else { return Ok(None) };
    let (a, b) = if other > best { (best, other) } else { (other, best) };
    let is_bracket = points[best].slope[parameter] * found.slope[parameter] <= 0.0;
    Ok(is_bracket.then(|| (points[a].clone(), points[b].clone())))
}

/// From zero in the direction of the slope, each time half of the way to the bound.
fn outward(at: At<'_>, parameter: usize, (low, high): (f64, f64)) -> Result<Option<(Point, Point)>, SpatialError> {
    let mut last = at(0.0)?;
    let (mut here, bound) = (0.0, if last.slope[parameter] > 0.0 { high } else { low });
    for _ in 0..30 {
        here += 0.5 * (bound - here);
        let next = at(here)?;
        if next.slope[parameter] * last.slope[parameter] <= 0.0 {
            return Ok(Some(if bound > 0.0 { (last, next) } else { (next, last) }));
        }
        last = next;
    }
    Ok(None)
}

/// Brent's root of the slope.
fn root(at: At<'_>, parameter: usize, (a, b): (Point, Point)) -> Result<(Point, usize), SpatialError> {
    let place = |p: &Point| if parameter == 0 { p.rho } else { p.lambda };
    let (mut a, mut b) = (a, b);
    if a.slope[parameter].abs() < b.slope[parameter].abs() {
        std::mem::swap(&mut a, &mut b);
    }
    let (mut c, mut step) = (a.clone(), place(&b) - place(&a));
    let mut before = step;
    for iteration in 1..=MOST {
        let (fa, fb, fc) = (a.slope[parameter], b.slope[parameter], c.slope[parameter]);
        if fb * fc > 0.0 {
            c = a.clone();
            step = place(&b) - place(&a);
            before = step;
        }
        if c.slope[parameter].abs() < b.slope[parameter].abs() {
            (a, b, c) = (b.clone(), c, b);
        }
        let (fb, fc) = (b.slope[parameter], c.slope[parameter]);
        let (xa, xb, xc) = (place(&a), place(&b), place(&c));
        let tolerance = 2.0 * f64::EPSILON * xb.abs() + 1e-13;
        let middle = 0.5 * (xc - xb);
        if middle.abs() <= tolerance || fb == 0.0 {
            return Ok((b, iteration));
        }
        let fa = if place(&a) == xa { a.slope[parameter] } else { fa };
        if before.abs() >= tolerance && fa.abs() > fb.abs() {
            let s = fb / fa;
            let (mut p, mut q) = if xa == xc {
                (2.0 * middle * s, 1.0 - s)
            } else {
                let (q, r) = (fa / fc, fb / fc);
                (s * (2.0 * middle * q * (q - r) - (xb - xa) * (r - 1.0)), (q - 1.0) * (r - 1.0) * (s - 1.0))
            };
            if p > 0.0 {
                q = -q;
            }
            p = p.abs();
            if 2.0 * p < (3.0 * middle * q - (tolerance * q).abs()).min((before * q).abs()) {
                (before, step) = (step, p / q);
            } else {
                (before, step) = (middle, middle);
            }
        } else {
            (before, step) = (middle, middle);
        }
        a = b.clone();
        let next = xb + if step.abs() > tolerance { step } else { tolerance.copysign(middle) };
        b = at(next)?;
    }
    Err(SpatialError::NotConverged { iterations: MOST, slope: b.slope[parameter] })
}

/// Newton's steps in both parameters from several starts.
fn by_newton(likelihood: &Likelihood<'_>) -> Result<Maximum, SpatialError> {
    let bounds = [likelihood.bounds(0), likelihood.bounds(1)];
    let is_cheap = [likelihood.lag, likelihood.error].iter().flatten().all(|jacobian| jacobian.is_cheap());
    let share = |(low, high): (f64, f64), s: f64| if s < 0.0 { -s * low.max(-1.0) } else { s * high.min(1.0) };
    let starts: &[(f64, f64)] = if is_cheap {
        &[(0.0, 0.0), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (-0.5, -0.5), (0.8, 0.0), (0.0, 0.8)]
    } else {
        &[(0.3, 0.0), (0.0, 0.3)]
    };
    let mut best: Option<Maximum> = None;
    let mut fault = SpatialError::NotConverged { iterations: MOST, slope: f64::NAN };
    for &(rho, lambda) in starts {
        match climb(likelihood, &[share(bounds[0], rho), share(bounds[1], lambda)], &bounds) {
            Ok((point, iterations))
                if best.as_ref().is_none_or(|b| point.log_likelihood > b.point.log_likelihood + 1e-9) =>
            {
                best = Some(Maximum { point, iterations });
            }
            Ok(_) => {}
            Err(error) => fault = error,
        }
    }
    best.ok_or(fault)
}

/// A likelihood in several parameters.
pub(super) trait Surface {
    /// What it is at one point.
    type Point;

    /// Evaluates it.
    fn at(&self, parameters: &[f64]) -> Result<Self::Point, SpatialError>;

    /// Its value and slopes.
    fn value(point: &Self::Point) -> (f64, &[f64]);
}

impl Surface for Likelihood<'_> {
    type Point = Point;

    fn at(&self, parameters: &[f64]) -> Result<Point, SpatialError> {
        Likelihood::at(self, parameters[0], parameters[1])
    }

    fn value(point: &Point) -> (f64, &[f64]) {
        (point.log_likelihood, &point.slope)
    }
}

/// Newton's steps from a start; the point and the steps taken.
pub(super) fn climb<S: Surface>(
    surface: &S,
    start: &[f64],
    bounds: &[(f64, f64)],
) -> Result<(S::Point, usize), SpatialError> {
    let inside = |x: &DVector<f64>| x.iter().zip(bounds).all(|(x, (low, high))| x > low && x < high);
    let mut x = DVector::from_column_slice(start);
    let mut here = surface.at(x.as_slice())?;
    let mut small = 0;
    for iteration in 1..=MOST {
        let curvature = curvature(surface, &x, bounds)?;
        let (value, slope) = S::value(&here);
        let slope = DVector::from_column_slice(slope);
        let newton = (-&curvature).cholesky().map(|factor| factor.solve(&slope));
        let direction = newton.unwrap_or_else(|| {
            // Where the likelihood is not concave, uphill by the size of its curvature.
            DVector::from_fn(slope.len(), |k, _| slope[k] / curvature[(k, k)].abs().max(1.0))
        });
        if direction.amax() < 1e-10 {
            small += 1;
            if small > 1 {
                return Ok((here, iteration));
            }
        }
        let mut size = 1.0;
        let next = loop {
            let to = &x + &direction * size;
            if inside(&to)
                && let Ok(found) = surface.at(to.as_slice())
                && S::value(&found).0 >= value - 1e-10 * value.abs().max(1.0)
            {
                break Some((found, to));
            }
            size *= 0.5;
            if size < 1e-12 {
                break None;
            }
        };
        match next {
            Some((found, to)) => (here, x) = (found, to),
            None if direction.amax() < 1e-6 => return Ok((here, iteration)),
            None => return Err(SpatialError::NotConverged { iterations: iteration, slope: slope.amax() }),
        }
    }
    let slope = S::value(&here).1.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
    Err(SpatialError::NotConverged { iterations: MOST, slope })
}

/// Second derivatives by differences of the slopes.
fn curvature<S: Surface>(surface: &S, x: &DVector<f64>, bounds: &[(f64, f64)]) -> Result<DMatrix<f64>, SpatialError> {
    let size = x.len();
    let mut out = DMatrix::zeros(size, size);
    for k in 0..size {
        let h = 1e-4 * (bounds[k].1 - x[k]).min(x[k] - bounds[k].0).min(1.0);
        let moved = |by: f64| {
            let mut to = x.clone();
            to[k] += by;
            surface.at(to.as_slice())
        };
        let (up, down) = (moved(h)?, moved(-h)?);
        for j in 0..size {
            out[(j, k)] = (S::value(&up).1[j] - S::value(&down).1[j]) / (2.0 * h);
        }
    }
    Ok((&out + out.transpose()) * 0.5)
}
