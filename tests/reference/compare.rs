//! Comparison of a fit with the numbers of a case.
//!
//! | numbers | tolerance | reason |
//! |---|---|---|
//! | coefficients, errors, t, intervals, sums, R², likelihood | the case's, 1e-8 relative or 1e-10 absolute | closed forms; the peers agree with each other to 1e-12 |
//! | covariance | the same, relative to the largest entry | off-diagonal entries near zero are sums that cancel |
//! | p | 1e-6 absolute | programs use different expansions of the incomplete beta function |
//! | counts, names | exact | |

use isard::estimate::Fit;
use isard::note::Note;
use serde_json::Value;

use super::case::Case;

/// What differs, in words.
pub struct Comparison<'a> {
    fit: &'a Fit,
    results: &'a Value,
    rel: f64,
    abs: f64,
    pub faults: Vec<String>,
}

impl<'a> Comparison<'a> {
    /// Compares everything the case has.
    pub fn of(fit: &'a Fit, case: &'a Case) -> Comparison<'a> {
        let tolerance = &case.0["tolerance"];
        let mut out = Comparison {
            fit,
            results: &case.0["results"],
            rel: tolerance["rel"].as_f64().unwrap(),
            abs: tolerance["abs"].as_f64().unwrap(),
            faults: Vec::new(),
        };
        out.coefficients();
        out.covariance();
        out.statistics();
        out.counts();
        out
    }

    fn number(&mut self, what: &str, got: Option<f64>, expected: f64, (rel, abs): (f64, f64)) {
        let Some(got) = got else {
            self.faults.push(format!("{what}: nothing, expected {expected:?}"));
            return;
        };
        let gap = (got - expected).abs();
        if gap.is_nan() || gap > abs.max(rel * expected.abs()) {
            self.faults.push(format!("{what}: {got:?}, expected {expected:?}"));
        }
    }

    fn coefficients(&mut self) {
        let names: Vec<&String> = self.results["coef"].as_object().unwrap().keys().collect();
        let terms: Vec<&String> = self.fit.coefficients.iter().map(|c| &c.term).collect();
        if names != terms {
            self.faults.push(format!("terms {terms:?}, expected {names:?}"));
            return;
        }
        for coefficient in &self.fit.coefficients {
            let fields = [
                ("coef", coefficient.estimate),
                ("se", coefficient.std_error),
                ("t", coefficient.statistic),
                ("p", coefficient.p_value),
                ("ci_low", coefficient.conf_low),
                ("ci_high", coefficient.conf_high),
            ];
            for (field, got) in fields {
                let tolerance = if field == "p" { (0.0, 1e-6) } else { (self.rel, self.abs) };
                if let Some(expected) = self.results[field][&coefficient.term].as_f64() {
                    self.number(&format!("{field} {}", coefficient.term), Some(got), expected, tolerance);
                }
            }
        }
    }

    fn covariance(&mut self) {
        let Some(rows) = self.results["vcov"]["matrix"].as_array() else { return };
        let expected: Vec<Vec<f64>> =
            rows.iter().map(|row| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()).collect();
        let largest = expected.iter().flatten().fold(0.0f64, |m, v| m.max(v.abs()));
        for (i, row) in expected.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                let got = self.fit.covariance.get(i).and_then(|r| r.get(j)).copied();
                self.number(&format!("vcov[{i},{j}]"), got, *value, (0.0, self.rel * largest));
            }
        }
    }

    fn statistics(&mut self) {
        let s = &self.fit.statistics;
        let sigma = s.rss.zip(s.df_residual).map(|(rss, df)| (rss / df).sqrt());
        let fields = [
            ("nobs", Some(s.n_obs as f64)),
            // Of likelihoods the peers report degrees of freedom beside tests that are normal.
            ("df_t", Some(self.fit.errors.factors.df).filter(|df| df.is_finite()).or(self.results["df_t"].as_f64())),
            ("deviance", s.deviance),
            ("pseudo_r2", s.pseudo_r_squared),
            ("bic", s.bic.filter(|_| self.fit.likelihood.is_some())),
            ("r2", s.r_squared),
            ("ar2", s.adj_r_squared),
            ("wr2", s.within_r_squared),
            ("rmse", s.rmse),
            ("rss", s.rss),
            ("loglik", s.log_likelihood),
            ("sigma", sigma),
            ("df", s.df_residual),
            ("f", s.f_statistic),
        ];
        for (field, got) in fields {
            if let Some(expected) = self.results[field].as_f64() {
                self.number(field, got, expected, (self.rel, self.abs));
            }
        }
    }

    fn counts(&mut self) {
        let clusters = self.fit.errors.clusters.iter().map(|c| (c.variable.clone(), c.clusters));
        let levels = self.fit.absorbed.iter().map(|e| (e.name.split('[').next().unwrap().to_string(), e.levels));
        let found: Vec<(&str, Vec<(String, usize)>)> =
            vec![("n_clusters", clusters.collect()), ("fixef_sizes", levels.collect())];
        for (field, got) in found {
            for (name, expected) in self.results[field].as_object().into_iter().flatten() {
                let got = got.iter().find(|(n, _)| n == name).map(|(_, count)| *count as f64);
                self.number(&format!("{field} {name}"), got, expected.as_f64().unwrap(), (0.0, 0.0));
            }
        }
        let dropped: Vec<&str> =
            self.results["collinear_dropped"].as_array().into_iter().flatten().map(|v| v.as_str().unwrap()).collect();
        let mut noted: Vec<&str> = Vec::new();
        for note in &self.fit.notes {
            if let Note::Collinear { term, .. } | Note::Absorbed { term, .. } = note {
                noted.push(term);
            }
        }
        if dropped.iter().any(|term| !noted.contains(term)) || noted.len() != dropped.len() {
            self.faults.push(format!("left out {noted:?}, expected {dropped:?}"));
        }
    }
}
