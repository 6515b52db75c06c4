//! N, K, G, T and the factors made of them.

use super::errors::{ClusterType, Errors};
use super::small_sample::{AbsorbedCount, Degrees, JackknifeFactor, ParameterFactor, SmallSample};
use crate::design::{AbsorbedTerm, ClusterVariable, DesignMatrix};
use crate::estimate::{Estimate, SmallSampleFactors};

/// What is counted of a model under some errors.
#[derive(Debug)]
pub(super) struct Counts<'a> {
    pub(super) design: &'a DesignMatrix,
    pub(super) estimate: &'a Estimate,
    /// The cluster variables.
    pub(super) clusters: Vec<&'a ClusterVariable>,
    /// Of each absorbed effect, whether it is nested in a cluster variable.
    pub(super) nested: Vec<bool>,
    /// Periods, of errors that add up lags.
    pub(super) periods: Option<usize>,
}

impl<'a> Counts<'a> {
    pub(super) fn of(design: &'a DesignMatrix, estimate: &'a Estimate, clusters: Vec<&'a ClusterVariable>) -> Self {
        let is_nested =
            |effect: &AbsorbedTerm| clusters.iter().any(|cluster| effect.factor.is_nested_in(&cluster.factor));
        let nested = design.absorbed.iter().map(is_nested).collect();
        Counts { design, estimate, clusters, nested, periods: None }
    }

    /// Counts, factors and degrees of freedom by some rules.
    pub(super) fn factors(&self, rules: &SmallSample, errors: &Errors) -> SmallSampleFactors {
        let n = self.design.n_obs();
        let k = self.parameters(rules);
        let g = self.clusters.iter().map(|cluster| cluster.factor.n_levels).min();
        let residual = n as f64 - self.estimate.n_parameters() as f64;
        let groups = match (g, self.periods.filter(|_| !matches!(errors, Errors::Conley(_)))) {
            (Some(groups), _) | (None, Some(groups)) => groups as f64 - 1.0,
            (None, None) => n as f64 - k as f64,
        };
        SmallSampleFactors {
            n,
            k,
            g,
            k_factor: parameter_factor(rules, errors).value(n, k),
            g_factor: self.group_factor(rules, errors, g),
            df: match rules.degrees {
                // Likelihood theory is that of large samples, and so are its peers' tests.
                _ if self.estimate.likelihood.is_some() => f64::INFINITY,
                Degrees::Groups | Degrees::Satterthwaite => groups,
                Degrees::Residual => residual,
                Degrees::Normal if *errors == Errors::Iid => residual,
                Degrees::Normal => f64::INFINITY,
            },
        }
    }

    fn group_factor(&self, rules: &SmallSample, errors: &Errors, g: Option<usize>) -> f64 {
        let clustered = g.filter(|_| rules.adjust_g).map_or(1.0, cluster_factor);
        match errors {
            Errors::Cluster(_) => clustered,
            Errors::Adjusted(ClusterType::Cr3 | ClusterType::Jackknife, _) => match rules.jackknife {
                JackknifeFactor::One => 1.0,
                JackknifeFactor::Clustered => clustered,
                JackknifeFactor::Jackknife => g.map_or(1.0, |g| cluster_factor(g).recip()),
            },
            Errors::NeweyWest(_) if rules.newey_west.adjust_periods => self.periods.map_or(1.0, cluster_factor),
            Errors::DriscollKraay(_) if rules.driscoll_kraay.adjust_periods => self.periods.map_or(1.0, cluster_factor),
            _ => 1.0,
        }
    }

    /// K by the rules.
    fn parameters(&self, rules: &SmallSample) -> usize {
        let Counts { design, estimate, clusters, .. } = self;
        let all = estimate.n_parameters();
        // Effects that were conditioned out are no parameters.
        if estimate.absorbed.is_none() && !design.absorbed.is_empty() {
            return all;
        }
        let same = |effect: &AbsorbedTerm, cluster: &ClusterVariable| {
            effect.factor.n_levels == cluster.factor.n_levels && effect.factor.is_nested_in(&cluster.factor)
        };
        let is_absorbed = |cluster: &&ClusterVariable| design.absorbed.iter().any(|effect| same(effect, cluster));
        let only_same = match rules.absorbed {
            AbsorbedCount::Full => return all,
            AbsorbedCount::None => return estimate.terms.len(),
            AbsorbedCount::AloneNested => {
                let inside = |effect: &AbsorbedTerm| clusters.iter().all(|c| effect.factor.is_nested_in(&c.factor));
                let alone = self.nested == [true] && design.absorbed.iter().all(inside);
                return if alone { estimate.terms.len() } else { all };
            }
            AbsorbedCount::NonNestedExact => return self.exact_parameters(),
            AbsorbedCount::NonNested => false,
            AbsorbedCount::NonNestedFixest => clusters.iter().all(is_absorbed),
        };
        let inside = design.absorbed.iter().zip(&self.nested).filter(|(effect, nested)| {
            **nested && !effect.slopes_only && (!only_same || clusters.iter().any(|cluster| same(effect, cluster)))
        });
        let counted = all - inside.map(|(effect, _)| effect.factor.n_levels - 1).sum::<usize>();
        // Where every effect is nested fixest counts the coefficients it prints and one, a size parameter among them.
        let only_nested = !self.nested.is_empty() && self.nested.iter().all(|nested| *nested);
        let ancillary = estimate.likelihood.as_ref().map_or(0, |likelihood| likelihood.n_ancillary);
        counted + if only_same && only_nested { ancillary } else { 0 }
    }

    /// reghdfe's rule: nested effects count one together, of the others redundant levels are left out; they are known
    /// exactly for the first two and taken as one for each later effect.
    fn exact_parameters(&self) -> usize {
        let Some(degrees) = &self.estimate.absorbed else { return self.estimate.terms.len() };
        let any_nested = self.nested.iter().any(|nested| *nested);
        let counted = self.design.absorbed.iter().enumerate().filter(|(i, _)| !self.nested[*i]).map(|(i, effect)| {
            // Redundant with respect to a nested effect is the constant alone: that effect counts nothing.
            let redundant = if any_nested { usize::from(!effect.slopes_only) } else { degrees.redundant[i] };
            degrees.parameters[i] - redundant.min(degrees.parameters[i])
        });
        self.estimate.terms.len() + usize::from(any_nested) + counted.sum::<usize>()
    }
}

/// What N and K make of the covariance. HC1 carries `N/(N-1)` in its sums.
fn parameter_factor(rules: &SmallSample, errors: &Errors) -> ParameterFactor {
    let if_adjusted = |factor: ParameterFactor| if rules.adjust_k { factor } else { ParameterFactor::One };
    match errors {
        Errors::Iid | Errors::Hc1 => if_adjusted(ParameterFactor::LessOne),
        Errors::Cluster(_) => if_adjusted(rules.cluster_k),
        Errors::Hc2 | Errors::Hc3 | Errors::Hc4 => if_adjusted(rules.leverage_k),
        Errors::NeweyWest(_) => if_adjusted(rules.newey_west.parameters),
        Errors::DriscollKraay(_) => if_adjusted(rules.driscoll_kraay.parameters),
        Errors::Conley(_) => if_adjusted(rules.spatial_k),
        Errors::Adjusted(ClusterType::Cr3 | ClusterType::Jackknife, _)
            if rules.jackknife == JackknifeFactor::Clustered =>
        {
            if_adjusted(rules.cluster_k)
        }
        Errors::Hc0 | Errors::Adjusted(..) | Errors::Plm(_) => ParameterFactor::One,
    }
}

/// `G/(G-1)`.
pub(super) fn cluster_factor(g: usize) -> f64 {
    g as f64 / (g as f64 - 1.0)
}
