//! Ratios in place of coefficients: of incidence rates under a log link, of odds under a logit, of hazards under a complementary log-log.

use std::borrow::Cow;

use crate::estimate::Fit;

/// What `exp b` of a fit is a ratio of; none where it is none.
pub(super) fn ratio(fit: &Fit) -> Option<&'static str> {
    match fit.likelihood.as_ref()?.link.as_str() {
        "log" => Some("rates"),
        "logit" => Some("odds"),
        "cloglog" => Some("hazards"),
        _ => None,
    }
}

/// The fit with `exp b`, its error by the delta method and the interval of `b` put through; tests and p-values are those of `b`. Sizes
/// of a distribution (`.theta`) stay as they are, and so do fits without such a link.
pub(super) fn exponentiated(fit: &Fit) -> Cow<'_, Fit> {
    if ratio(fit).is_none() {
        return Cow::Borrowed(fit);
    }
    let mut fit = fit.clone();
    for c in fit.coefficients.iter_mut().filter(|c| !c.term.starts_with('.')) {
        c.estimate = c.estimate.exp();
        c.std_error *= c.estimate;
        (c.conf_low, c.conf_high) = (c.conf_low.exp(), c.conf_high.exp());
        c.truth = c.truth.map(f64::exp);
    }
    Cow::Owned(fit)
}

/// What the columns show, in words.
pub(super) fn note(fits: &[&Fit]) -> Option<String> {
    let mut kinds: Vec<&str> = fits.iter().filter_map(|fit| ratio(fit)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let shown = match kinds.as_slice() {
        [] => return None,
        kinds => kinds.iter().map(|kind| format!("ratios of {kind}")).collect::<Vec<_>>().join(" and "),
    };
    let others = fits.iter().any(|fit| ratio(fit).is_none());
    let rest = if others { "; coefficients of other columns as they are" } else { "" };
    Some(format!("Estimates are {shown}, exp(b), with errors by the delta method; tests are those of b{rest}."))
}

#[cfg(test)]
mod tests {
    use super::super::trial;
    use super::*;
    use crate::estimate::likelihood::{Likelihood, Optimisation};

    fn with_link(link: &str) -> Fit {
        let terms = vec![trial::coefficient("x", 0.5, 0.1, None), trial::coefficient(".theta", 2.0, 0.3, None)];
        let optimisation = Optimisation {
            algorithm: String::new(),
            start: -2.0,
            end: -1.0,
            iterations: 1,
            halvings: 0,
            absorptions: 0,
            gradient_norm: 0.0,
            condition_number: 1.0,
        };
        let likelihood = Likelihood {
            family: "negbin".into(),
            link: link.into(),
            is_quasi: false,
            log_likelihood: -1.0,
            null_log_likelihood: -2.0,
            deviance: None,
            pseudo_r_squared: None,
            dispersion: None,
            correction: None,
            frailty: None,
            distribution: None,
            n_ancillary: 1,
            optimisation,
        };
        Fit { likelihood: Some(likelihood), ..trial::fit("m", terms, 100) }
    }

    #[test]
    fn coefficients_become_ratios_and_sizes_stay() {
        let fit = with_link("log");
        let shown = exponentiated(&fit);
        let (old, new) = (&fit.coefficients[0], &shown.coefficients[0]);
        assert!((new.estimate - 0.5f64.exp()).abs() < 1e-15 && (new.std_error - 0.1 * 0.5f64.exp()).abs() < 1e-15);
        assert!((new.conf_low.ln() - old.conf_low).abs() < 1e-15 && new.p_value == old.p_value);
        assert_eq!(shown.coefficients[1], fit.coefficients[1]);
        let probit = with_link("probit");
        assert_eq!(exponentiated(&probit).coefficients, probit.coefficients);
        assert!(note(&[&fit, &with_link("logit"), &probit]).unwrap().contains("ratios of odds and ratios of rates"));
        assert_eq!(note(&[&probit]), None);
    }
}
