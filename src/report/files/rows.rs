//! From fits to the frames of a run's result files, with the columns of broom's `tidy` and `glance`.

use super::frame::Frame;
use crate::estimate::{Coefficient, Fit, FixedEffect, TestResult};
use crate::panel::Loss;

/// A row per coefficient, with the ends of simultaneous bands where any model has them.
pub fn tidy(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &Coefficient)> = pairs(fits, |fit| &fit.coefficients);
    let frame = Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("outcome", &rows, |(fit, _)| fit.outcome.clone())
        .text("term", &rows, |(_, c)| c.term.clone())
        .number("estimate", &rows, |(_, c)| Some(c.estimate))
        .number("std_error", &rows, |(_, c)| Some(c.std_error))
        .number("statistic", &rows, |(_, c)| Some(c.statistic))
        .number("df", &rows, |(_, c)| Some(c.df))
        .number("p_value", &rows, |(_, c)| Some(c.p_value))
        .number("conf_low", &rows, |(_, c)| Some(c.conf_low))
        .number("conf_high", &rows, |(_, c)| Some(c.conf_high));
    super::inference::with_bands(frame, &rows)
}

/// A row per model. `n_clusters` is the smallest number over the cluster variables: the one that inference rests on.
pub fn glance(fits: &[Fit]) -> Frame {
    Frame::new()
        .text("model", fits, |fit| fit.model.clone())
        .text("method", fits, |fit| fit.method.clone())
        .text("outcome", fits, |fit| fit.outcome.clone())
        .count("n_obs", fits, |fit| Some(fit.statistics.n_obs))
        .count("n_dropped", fits, |fit| Some(fit.statistics.n_dropped))
        .number("r_squared", fits, |fit| fit.statistics.r_squared)
        .number("adj_r_squared", fits, |fit| fit.statistics.adj_r_squared)
        .number("within_r_squared", fits, |fit| fit.statistics.within_r_squared)
        .number("rmse", fits, |fit| fit.statistics.rmse)
        .number("log_likelihood", fits, |fit| fit.statistics.log_likelihood)
        .number("aic", fits, |fit| fit.statistics.aic)
        .number("bic", fits, |fit| fit.statistics.bic)
        .count("n_clusters", fits, |fit| fit.errors.clusters.iter().map(|c| c.clusters).min())
        .count("absorbed_dof", fits, |fit| Some(fit.statistics.absorbed_dof))
        .number("df_residual", fits, |fit| fit.statistics.df_residual)
        .number("f_statistic", fits, |fit| fit.statistics.f_statistic)
        .number("f_p_value", fits, |fit| fit.statistics.f_p_value)
        .count("iterations", fits, |fit| Some(fit.convergence.iterations))
        .flag("converged", fits, |fit| fit.convergence.converged)
        .number("coefficient_error", fits, |fit| fit.convergence.coefficient_error)
        .number("pseudo_r_squared", fits, |fit| fit.statistics.pseudo_r_squared)
        .number("deviance", fits, |fit| fit.statistics.deviance)
}

/// A row per level of each absorbed effect, of the models that ask for them.
pub fn fixed_effects(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &FixedEffect)> = pairs(fits, |fit| &fit.fixed_effects);
    Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("effect", &rows, |(_, level)| level.effect.clone())
        .text("slope", &rows, |(_, level)| level.slope.clone())
        .text("level", &rows, |(_, level)| level.level.clone())
        .count("component", &rows, |(_, level)| level.component)
        .number("estimate", &rows, |(_, level)| Some(level.estimate))
        .flag("is_reference", &rows, |(_, level)| level.is_reference)
}

/// A row per test.
pub fn tests(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &TestResult)> = pairs(fits, |fit| &fit.tests);
    of_tests(Frame::new().text("model", &rows, |(fit, _)| fit.model.clone()), &rows, |(_, test)| test)
}

/// The columns of a test, after those that say whose it is.
pub(super) fn of_tests<T>(frame: Frame, rows: &[T], test: impl Fn(&T) -> &TestResult) -> Frame {
    frame
        .text("test", rows, |row| test(row).test.clone())
        .number("statistic", rows, |row| Some(test(row).statistic))
        .number("df1", rows, |row| test(row).df1)
        .number("df2", rows, |row| test(row).df2)
        .number("p_value", rows, |row| test(row).p_value)
        .text("note", rows, |row| test(row).note.clone())
}

/// A row per line of each model's ledger.
pub fn sample(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &Loss)> = pairs(fits, |fit| &fit.ledger.0);
    Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("step", &rows, |(_, loss)| loss.step.clone())
        .count("rows_lost", &rows, |(_, loss)| Some(loss.rows_lost))
        .count("rows_left", &rows, |(_, loss)| Some(loss.rows_left))
        .text("reason", &rows, |(_, loss)| loss.reason.to_string())
        .text("column", &rows, |(_, loss)| loss.column.clone())
}

/// Every part of every fit with its fit.
pub(super) fn pairs<'a, T>(fits: &'a [Fit], parts: impl Fn(&'a Fit) -> &'a Vec<T>) -> Vec<(&'a Fit, &'a T)> {
    fits.iter().flat_map(|fit| parts(fit).iter().map(move |part| (fit, part))).collect()
}

#[cfg(test)]
mod checks {
    use super::super::{csv, parquet};
    use super::*;
    use crate::report::table::trial;

    #[test]
    fn csv_reads_back_to_the_same_bits() {
        let mut fits = trial::pair();
        if let Some(c) = fits.first_mut().and_then(|fit| fit.coefficients.first_mut()) {
            c.std_error = f64::NAN;
            c.df = f64::INFINITY;
            c.estimate = 1.0 / 3.0e7;
        }
        let text = csv(&tidy(&fits));
        let first: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
        assert_eq!(first[3].parse::<f64>().unwrap().to_bits(), (1.0_f64 / 3.0e7).to_bits());
        assert_eq!((first[4], first[6]), ("", "inf"));
        assert_eq!(text.lines().count(), 5);
        let tests = csv(&tests(&fits));
        assert!(tests.contains("\"all regressors, \"\"clustered\"\"\""));
        assert!(csv(&sample(&fits)).contains("convergence,model,27,16266,singleton,\"region, industry\""));
    }

    #[test]
    fn glance_has_its_columns_and_parquet_its_magic() {
        let frame = glance(&trial::pair());
        let text = csv(&frame);
        assert_eq!(text.lines().next().unwrap().split(',').count(), 22);
        assert!(text.contains("convergence,ols,wage_growth,16266,31944,0.45678,,0.1234,,,,,179,"));
        let bytes = parquet(&frame).unwrap();
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        let empty: [Fit; 0] = [];
        assert!(parquet(&tidy(&empty)).is_ok());
    }

    #[test]
    fn parquet_reads_back_to_the_same_bits() {
        use polars::prelude::{ParquetReader, SerReader};
        let fits = trial::pair();
        let bytes = parquet(&tidy(&fits)).unwrap();
        let data = ParquetReader::new(std::io::Cursor::new(bytes)).finish().unwrap();
        let estimates = data.column("estimate").unwrap().f64().unwrap().clone();
        let wanted = fits.iter().flat_map(|fit| &fit.coefficients).map(|c| Some(c.estimate.to_bits()));
        assert!(estimates.iter().map(|x| x.map(f64::to_bits)).eq(wanted));
    }
}
