//! Faults of covariances.

/// Why a covariance is not defined.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CovarianceError {
    /// The design has no such cluster variable.
    #[error("the design has no cluster variable {name}{}", .nearest.as_ref().map(|n| format!("; did you mean {n}?")).unwrap_or_default())]
    ClusterUnknown {
        /// The name asked for.
        name: String,
        /// The nearest one there is.
        nearest: Option<String>,
    },
    /// Clustered errors without a cluster variable, or with too many.
    #[error("clustered errors take one to four cluster variables, not {given}")]
    ClusterCount {
        /// How many were given.
        given: usize,
    },
    /// The program whose counting is asked for does not have these errors.
    #[error("{dialect} does not define {errors} errors{}; {}", .reason.as_ref().map(|r| format!(" here: {r}")).unwrap_or_default(), way_out(.defined_by))]
    NotDefined {
        /// The program.
        dialect: String,
        /// The errors.
        errors: String,
        /// Why not for this model, if they are defined for others.
        reason: Option<String>,
        /// Programs that define them.
        defined_by: Vec<String>,
    },
    /// The estimator has a covariance of its own and no influence values.
    #[error(
        "{errors} errors are sums over rows, and this estimator hands over the covariance of its likelihood instead; leave `errors` out"
    )]
    NoInfluence {
        /// The errors.
        errors: String,
    },
    /// The errors need to know where or when the rows are.
    #[error("{errors} errors need the {what} of every row, and the design has none")]
    NoColumn {
        /// The errors.
        errors: String,
        /// What is missing: time, unit, latitude, longitude.
        what: &'static str,
    },
    /// Places that are not on the globe.
    #[error(
        "{rows} values of {variable} are no {what} (the first is {value}): degrees from {low} to {high} are; check that latitude and longitude are not exchanged or projected"
    )]
    OffTheGlobe {
        /// The column.
        variable: String,
        /// Latitude or longitude.
        what: &'static str,
        /// The first value.
        value: f64,
        /// How many rows.
        rows: usize,
        /// The first of them in the panel as it was handed in, counted from 1.
        first_row: usize,
        /// The lowest valid value.
        low: f64,
        /// The highest.
        high: f64,
    },
    /// A cutoff that is no distance.
    #[error("the cutoff of Conley errors is {cutoff_km} km: it must be more than zero")]
    Cutoff {
        /// The cutoff.
        cutoff_km: f64,
    },
    /// As many lags as periods.
    #[error("{lags} lags of {variable} need more than {lags} periods, and the sample has {periods}: use fewer lags")]
    TooManyLags {
        /// The time variable.
        variable: String,
        /// The lags asked for.
        lags: usize,
        /// The periods there are.
        periods: usize,
    },
    /// Periods without a common step.
    #[error(
        "the values of {variable} are not equally spaced steps ({between} lies between two of them): lags have no meaning; number the periods"
    )]
    UnequalPeriods {
        /// The time variable.
        variable: String,
        /// A value that is no whole number of steps from the first.
        between: f64,
    },
    /// A unit has two rows in a period.
    #[error(
        "{unit} has several rows with the same value of {time}: Newey-West errors need one row for each unit and period; use a finer unit, or driscoll_kraay"
    )]
    RepeatedPeriod {
        /// The unit variable.
        unit: String,
        /// The time variable.
        time: String,
        /// The second row in the panel as it was handed in, counted from 1.
        row: usize,
    },
    /// Frequency weights stand for several rows in a period.
    #[error(
        "Newey-West errors follow one row over time, and frequency weights make several of it: use driscoll_kraay, or analytic weights"
    )]
    RepeatedRows,
    /// The rows are no panel.
    #[error(transparent)]
    Index(crate::design::IndexError),
    /// Errors that have no weighted form.
    #[error("{errors} errors are defined without observation weights only: take the weights out, or use cluster")]
    Weighted {
        /// The errors.
        errors: String,
    },
    /// An estimator without a hat matrix.
    #[error(
        "{errors} errors adjust for leverage, which an estimator with more moments than coefficients does not have: use hc1 or cr1"
    )]
    NoLeverage {
        /// The errors.
        errors: String,
    },
    /// Too many absorbed parameters cut across the clusters.
    #[error(
        "{errors} errors need every parameter that cuts across the clusters of {cluster} at once, and {effects} {} {parameters} (at most {most}): cluster at a level that contains the effects, or use cr1 or the wild bootstrap",
        if *.one { "has" } else { "have" }
    )]
    CutAcross {
        /// The errors.
        errors: String,
        /// The cluster variable.
        cluster: String,
        /// The effects that are not nested in it.
        effects: String,
        /// Their parameters.
        parameters: usize,
        /// The most there may be in this sample.
        most: usize,
        /// Whether it is one effect.
        one: bool,
    },
    /// Effects could not be absorbed again.
    #[error("the leverage of absorbed effects could not be computed: {reason}")]
    Absorb {
        /// What the absorber said.
        reason: String,
    },
}

fn way_out(defined_by: &[String]) -> String {
    match defined_by {
        [] => "leave `like` out".to_string(),
        names => format!("leave `like` out, or write one of {}", names.join(", ")),
    }
}
