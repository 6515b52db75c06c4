//! What can be wrong with an expression on a given panel, with the place in its text.

use crate::formula::{Span, function_named};

/// A fault of evaluation. Spans are byte ranges of the text the expression was parsed from.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvaluateError {
    /// Neither a column nor a variable.
    #[error("there is no column or variable named {name}")]
    UnknownName {
        /// The name as written.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
        /// Where it stands.
        span: Span,
    },
    /// No such function.
    #[error("there is no function named {name}")]
    UnknownFunction {
        /// The name as written.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
        /// Where it stands.
        span: Span,
    },
    /// Too few, too many or misnamed arguments, or one that must be a constant and is not.
    #[error("{function} is called as {signature}")]
    WrongArguments {
        /// The function.
        function: String,
        /// How it is called.
        signature: &'static str,
        /// Where the call or the argument stands.
        span: Span,
    },
    /// An option has a value that it does not know.
    #[error("{option} cannot be {value}")]
    UnknownOption {
        /// The option.
        option: &'static str,
        /// The value as written.
        value: String,
        /// What it may be.
        accepted: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// Text where numbers are needed.
    #[error("{what} is text where a number is needed")]
    NotNumeric {
        /// The column, or the text itself.
        what: String,
        /// Where it stands.
        span: Span,
    },
    /// A value that is neither true nor false where a condition is needed.
    #[error("a condition is needed, and this has the value {example}")]
    NotATruthValue {
        /// One of the values that is neither true nor false.
        example: String,
        /// Where it stands.
        span: Span,
    },
    /// Two texts are asked which is the greater.
    #[error("texts have no order")]
    TextOrdering {
        /// Where it stands.
        span: Span,
    },
    /// A text is compared with a number.
    #[error("text is compared with a number")]
    TextAgainstNumber {
        /// Where it stands.
        span: Span,
    },
    /// A function of time on data without time.
    #[error("{function} needs a time column, and the data has none")]
    NoTime {
        /// The function.
        function: String,
        /// Where it stands.
        span: Span,
    },
    /// Two rows of a unit have the same time, so that a lag could be either.
    #[error("{unit} has several rows at time {time}")]
    NotUnique {
        /// The unit.
        unit: String,
        /// The time.
        time: f64,
        /// Where the function stands.
        span: Span,
    },
    /// A measure needs a column with a role that the study has not named.
    #[error("{function} needs to know which column is the {role}")]
    NoRole {
        /// The function.
        function: String,
        /// The role: `region`, `industry`, `traded`.
        role: &'static str,
        /// Where the call stands.
        span: Span,
    },
    /// A measure of clusters in a study that does not define any.
    #[error("the study does not say what a cluster is")]
    NoClusters {
        /// Where `cluster` stands.
        span: Span,
    },
    /// A quantity that adds up is negative or infinite.
    #[error("{function} adds up activity, and its value at {row} is {value}: it must be finite and not negative")]
    NegativeActivity {
        /// The function.
        function: String,
        /// The value.
        value: f64,
        /// The unit and time of the first such row.
        row: String,
        /// Where the quantity stands.
        span: Span,
    },
    /// A measure that the data do not define.
    #[error("{function}: {reason}")]
    Undefined {
        /// The function.
        function: String,
        /// Why.
        reason: String,
        /// Where the call stands.
        span: Span,
    },
    /// Related clusters in a study that does not say which are related.
    #[error("the study does not say which clusters are related")]
    NoRelatedness {
        /// Where `related` stands.
        span: Span,
    },
    /// No such spatial weights.
    #[error("there are no spatial weights named {name}")]
    NoSuchWeights {
        /// The name as written.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
        /// Where it stands.
        span: Span,
    },
    /// A spatial lag of something that has several values in one region, key and period.
    #[error("what is lagged has several values in region {region}")]
    NotConstantInCell {
        /// The region.
        region: String,
        /// The columns that tell its values apart.
        by: Vec<String>,
        /// Where the lagged expression stands.
        span: Span,
    },
    /// The reference level is not a level of the factor.
    #[error("{level} is not a level of the factor")]
    UnknownLevel {
        /// The level as written.
        level: String,
        /// The nearest level there is.
        nearest: Option<String>,
        /// Where it stands.
        span: Span,
    },
    /// A polynomial of a higher degree than its values can carry.
    #[error("a polynomial of degree {degree} needs more than {degree} distinct values, and there are {distinct}")]
    Degree {
        /// The degree.
        degree: usize,
        /// How many distinct values there are.
        distinct: usize,
        /// Where the call stands.
        span: Span,
    },
    /// `i()`, `poly()` or `x:y` somewhere else than as a regressor.
    #[error("{what} has several columns and can only be a regressor of its own")]
    OnlyRegressor {
        /// What it is.
        what: String,
        /// Where it stands.
        span: Span,
    },
    /// `related()` or `c()` somewhere else than as an argument.
    #[error("{function}( ) has no value of its own")]
    OnlyArgument {
        /// The function.
        function: String,
        /// Where the call stands.
        span: Span,
    },
    /// A number where text is needed.
    #[error("{what} is a number where text is needed")]
    NotText {
        /// The column, or what stands there.
        what: String,
        /// Where it stands.
        span: Span,
    },
    /// A group has several values in its earliest period.
    #[error("first( ) finds several values of one group at time {time}")]
    SeveralFirst {
        /// The period.
        time: f64,
        /// Where the call stands.
        span: Span,
    },
    /// Variables that are defined by each other.
    #[error("these variables are defined by each other: {}", path.join(" -> "))]
    Cycle {
        /// The way round, its first name again at its end.
        path: Vec<String>,
    },
}

impl EvaluateError {
    /// Where it stands in the text; `None` for a cycle, which stands in several.
    pub fn span(&self) -> Option<Span> {
        use EvaluateError as E;
        match self {
            E::UnknownName { span, .. }
            | E::UnknownFunction { span, .. }
            | E::WrongArguments { span, .. }
            | E::UnknownOption { span, .. }
            | E::NotNumeric { span, .. }
            | E::NotATruthValue { span, .. }
            | E::TextOrdering { span }
            | E::TextAgainstNumber { span }
            | E::NoTime { span, .. }
            | E::NotUnique { span, .. }
            | E::NoRole { span, .. }
            | E::NoClusters { span }
            | E::NegativeActivity { span, .. }
            | E::Undefined { span, .. }
            | E::NoRelatedness { span }
            | E::NoSuchWeights { span, .. }
            | E::NotConstantInCell { span, .. }
            | E::UnknownLevel { span, .. }
            | E::Degree { span, .. }
            | E::OnlyArgument { span, .. }
            | E::NotText { span, .. }
            | E::SeveralFirst { span, .. }
            | E::OnlyRegressor { span, .. } => Some(span.clone()),
            E::Cycle { .. } => None,
        }
    }

    /// The way out, where one is known.
    pub fn help(&self) -> Option<String> {
        use EvaluateError as E;
        let did_you_mean = |nearest: &Option<String>| nearest.as_ref().map(|name| format!("did you mean {name}?"));
        let help = match self {
            E::UnknownName { nearest, .. }
            | E::UnknownFunction { nearest, .. }
            | E::NoSuchWeights { nearest, .. }
            | E::UnknownLevel { nearest, .. } => return did_you_mean(nearest),
            E::UnknownOption { option, accepted, .. } => format!("{option} is one of {accepted}"),
            E::NotNumeric { .. } => "compare text with == or in, or use it as a factor: i(column)".to_string(),
            E::NotATruthValue { .. } => "compare it with something: x > 0, x == \"text\"".to_string(),
            E::TextOrdering { .. } => {
                "compare texts with == or in (a, b); codes that are numbers must be read as numbers".to_string()
            }
            E::TextAgainstNumber { .. } => {
                "put the value in quotes, as in region == \"031\"; codes stay text so that leading zeros survive"
                    .to_string()
            }
            E::NoTime { .. } => "name the time column: time = \"year\" under [data]".to_string(),
            E::NotUnique { .. } => "unit and time under [data] must identify a row".to_string(),
            E::NoRole { role, .. } => format!("name it: {role} = \"column\""),
            E::Undefined { .. } => return None,
            E::NegativeActivity { .. } => {
                "correct the data, or set what cannot be to missing: if(x >= 0, x, log(0))".to_string()
            }
            E::NoClusters { .. } => "add [clusters] with definition = \"table\"".to_string(),
            E::NoRelatedness { .. } => "add relatedness = \"table\" under [clusters]".to_string(),
            E::NotConstantInCell { by, .. } => format!(
                "values are told apart by {}; name the columns that do, as in spatial_lag(x, weights, by = industry)",
                if by.is_empty() { "region and time only".to_string() } else { by.join(", ") }
            ),
            E::OnlyArgument { function, .. } => match function_named(function) {
                Some(known) => format!("{} is {}", known.signature, known.summary),
                None => return None,
            },
            E::NotText { .. } => "write text(x) for the number as text".to_string(),
            E::SeveralFirst { .. } => {
                "name smaller groups in by, or take a statistic of the period first: mean(x, by = c(group, time))"
                    .to_string()
            }
            E::WrongArguments { .. } | E::Degree { .. } | E::OnlyRegressor { .. } | E::Cycle { .. } => return None,
        };
        Some(help)
    }
}

/// A fault in the definition of a variable.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("in the variable {variable}: {source}")]
pub struct VariableFault {
    /// The variable whose text the fault's span points into.
    pub variable: String,
    /// The fault.
    pub source: EvaluateError,
}

/// The name most like `name`, if any is alike enough to be what was meant.
pub(super) fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let limit = 1 + name.chars().count() / 3;
    let lower = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&lower, &other.to_lowercase());
    let mut near: Vec<(usize, &str)> =
        names.into_iter().map(|other| (distance(other), other)).filter(|&(d, _)| d <= limit).collect();
    near.sort_unstable();
    near.first().map(|&(_, other)| other.to_string())
}
