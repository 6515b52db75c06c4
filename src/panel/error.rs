//! [`DataError`]: every way in which data can be at fault, with the place and the way out.

use std::path::PathBuf;

use crate::formula::SyntaxFault;

/// A fault in the data of a study or in how `[data]` describes them.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file is not there.
    #[error("no file {}{}", path.display(), did_you_mean(nearest))]
    MissingFile {
        /// The path looked for.
        path: PathBuf,
        /// The file of that folder with the nearest name.
        nearest: Option<String>,
    },
    /// The operating system refused to read a file.
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file is not what its name says.
    #[error("{} is not a readable {format} file ({detail}): fetch or write it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// `parquet`, `csv`, `Stata` or `gzip`.
        format: &'static str,
        /// What the reader said.
        detail: String,
    },
    /// A file of an unknown kind.
    #[error("{} has no known ending: tables are .csv, .csv.gz, .parquet or .dta files", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A file without rows.
    #[error("{} has no rows: give a file with a header and at least one row", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A row with too many or too few fields.
    #[error(
        "{}, line {line}: {found} fields where the header has {expected}; fix the row, or quote fields that contain the separator",
        path.display()
    )]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Fields found.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// A quote that never closes.
    #[error("{}, line {line}: a quote opens here and never closes", path.display())]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
    },
    /// Text that is not UTF-8.
    #[error("{}, line {line}: not valid UTF-8; save the file with UTF-8 encoding", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
    },
    /// Two columns of one name.
    #[error("{} has more than one column {column}: rename or remove all but one", path.display())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        column: String,
    },
    /// A value that does not fit the type its package declares.
    #[error(
        "{}, line {line}, column {column}: {value:?} is not a {wanted}, which datapackage.json declares; fix the value or declare the column a string",
        path.display()
    )]
    WrongValue {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// `number` or `boolean`.
        wanted: &'static str,
    },
    /// A column of a type that a panel cannot hold.
    #[error("{}, column {column}: a panel holds numbers, truth values and text, not {found}; write it as one of these", path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The type found.
        found: String,
    },
    /// A column that a table does not have.
    #[error("table {table} has no column {column} ({used_in}){}", did_you_mean(nearest))]
    UnknownColumn {
        /// The table.
        table: String,
        /// The name asked for.
        column: String,
        /// The key of the study that asked.
        used_in: String,
        /// The nearest column.
        nearest: Option<String>,
    },
    /// A table that neither `[data.tables]` nor the package has and that is not the path of a file.
    #[error("no table {name}{}; tables are {}", did_you_mean(nearest), list(known))]
    UnknownTable {
        /// The name asked for.
        name: String,
        /// The nearest name.
        nearest: Option<String>,
        /// All names.
        known: Vec<String>,
    },
    /// A table with both a file and a table to start from, or with neither.
    #[error("[data.tables.{table}] needs one of file and from, not {}", if *both { "both" } else { "neither" })]
    TableSource {
        /// The table.
        table: String,
        /// Whether both are there.
        both: bool,
    },
    /// Tables that are made from each other.
    #[error("these tables are made from each other: {}; break the circle", tables.join(" -> "))]
    TableCycle {
        /// The circle, its first name again at the end.
        tables: Vec<String>,
    },
    /// New columns that are computed from each other.
    #[error("[data.tables.{table}] let: {} are computed from each other; break the circle", columns.join(", "))]
    LetCycle {
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// A `keep` or a sum that would make two columns of one name, or a join of a column that is there already.
    #[error("table {table} would have two columns {column} after {step}: rename one of them")]
    NameTaken {
        /// The table.
        table: String,
        /// The name.
        column: String,
        /// `rename`, `join` or `group_by`.
        step: &'static str,
    },
    /// Spells that cannot be made into periods.
    #[error("spells of table {table}: {message}")]
    Spells {
        /// The table.
        table: String,
        /// What is wrong and the way out.
        message: String,
    },
    /// Sums without groups, or the reverse.
    #[error("[data.tables.{table}] has sums but no group_by: name the columns that identify a row afterwards")]
    SumWithoutGroup {
        /// The table.
        table: String,
    },
    /// An expression that does not parse.
    #[error("[data.tables.{table}] {key} = {text:?}: {}{}", fault.message, help(&fault.help))]
    Expression {
        /// The table.
        table: String,
        /// `where`, `having` or `let.NAME`.
        key: String,
        /// The expression.
        text: String,
        /// What is wrong, with its span in `text`.
        fault: Box<SyntaxFault>,
    },
    /// An expression that does not fit the data, such as text compared with a number.
    #[error("[data.tables.{table}] {key} = {text:?} cannot be computed: {detail}")]
    Evaluation {
        /// The table.
        table: String,
        /// `where`, `having` or `let.NAME`.
        key: String,
        /// The expression.
        text: String,
        /// What went wrong.
        detail: String,
    },
    /// A filter that leaves nothing.
    #[error("[data.tables.{table}] {key} = {text:?} leaves none of {rows} rows: loosen it")]
    NoRowsLeft {
        /// The table.
        table: String,
        /// `where`, `having` or `join`.
        key: String,
        /// The expression, or the table joined.
        text: String,
        /// Rows before.
        rows: usize,
    },
    /// A join whose partner has a key more than once.
    #[error(
        "table {with} has more than one row for the same {}: {}; a join needs one row per key there, so sum or filter {with} first",
        columns.join(", "),
        counted(keys)
    )]
    RepeatedKeys {
        /// The table joined.
        with: String,
        /// Its key.
        columns: Vec<String>,
        /// Up to five repeated keys with their numbers of rows.
        keys: Vec<(String, usize)>,
    },
    /// Codes that a crosswalk does not have.
    #[error(
        "{codes} codes of table {table} are not in the crosswalk {with}: {}; add them there, or say what becomes of them with unmatched = \"drop\" or \"keep\"",
        examples.join(", ")
    )]
    CodesUnmatched {
        /// The table in old codes.
        table: String,
        /// The crosswalk.
        with: String,
        /// How many codes.
        codes: usize,
        /// Up to five of them.
        examples: Vec<String>,
    },
    /// Codes with several new ones, and nothing that says how to split them.
    #[error(
        "the crosswalk {with} has several new codes for {codes} old ones: {}; name its column of shares with share = \"...\", or split them equally with split = \"equal\"",
        examples.join(", ")
    )]
    SplitUnknown {
        /// The crosswalk.
        with: String,
        /// How many codes.
        codes: usize,
        /// Up to five of them.
        examples: Vec<String>,
    },
    /// Shares of a crosswalk that do not sum to one.
    #[error(
        "the shares of {codes} codes in the crosswalk {with} do not sum to one: {}; mend them, or say incomplete = \"scale\" (to one) or \"keep\" (totals then differ)",
        examples.iter().map(|(code, sum)| format!("{code} ({sum:.6})")).collect::<Vec<_>>().join(", ")
    )]
    SharesIncomplete {
        /// The crosswalk.
        with: String,
        /// How many codes.
        codes: usize,
        /// Up to five of them with their sums.
        examples: Vec<(String, f64)>,
    },
    /// A share that is missing or negative.
    #[error("the crosswalk {with} has the share {share} for {code}: shares are numbers from 0 to 1")]
    BadShare {
        /// The crosswalk.
        with: String,
        /// The old code.
        code: String,
        /// The share.
        share: f64,
    },
    /// A pair of codes that a crosswalk with shares has twice.
    #[error("the crosswalk {with} has more than one share for {pair}: keep one, or add them up with group_by first")]
    RepeatedPair {
        /// The crosswalk.
        with: String,
        /// The pair.
        pair: String,
    },
    /// Suppressed cells that cannot be imputed as asked.
    #[error("[data.tables.{table}] impute of {column}: {detail}")]
    Imputation {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What is wrong, with the way out.
        detail: String,
    },
    /// A join of text with numbers.
    #[error(
        "cannot join {table} with {with}: {here} is {} and {there} is {}; read both as text with text = [\"{}\"]",
        kind(*here_is_text), kind(!*here_is_text), if *here_is_text { there } else { here }
    )]
    KeyKinds {
        /// The table on the left.
        table: String,
        /// The table joined.
        with: String,
        /// The column on the left.
        here: String,
        /// The column on the right.
        there: String,
        /// Whether the left one is text.
        here_is_text: bool,
    },
    /// Text where a number is needed.
    #[error("column {column} of table {table} is text, but {used_in} needs a number")]
    TextColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What needs it.
        used_in: String,
    },
    /// Rows of the panel that share unit and time.
    #[error(
        "panel {table} has more than one row for the same {}: {}; sum them with group_by, or add the column that tells them apart to unit",
        columns.join(", "),
        counted(keys)
    )]
    DuplicateKeys {
        /// The panel's table.
        table: String,
        /// Unit and time.
        columns: Vec<String>,
        /// Up to five repeated keys with their numbers of rows.
        keys: Vec<(String, usize)>,
    },
    /// A datapackage.json that cannot be understood.
    #[error("{}: {detail}", path.display())]
    Package {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(": did you mean {name}?")).unwrap_or_default()
}

fn help(help: &Option<String>) -> String {
    help.as_ref().map(|text| format!(" ({text})")).unwrap_or_default()
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "not named in this study: give the path of a file".into() } else { names.join(", ") }
}

fn kind(is_text: bool) -> &'static str {
    if is_text { "text" } else { "a number" }
}

fn counted(keys: &[(String, usize)]) -> String {
    keys.iter().map(|(key, rows)| format!("{key} ({rows} rows)")).collect::<Vec<_>>().join("; ")
}

/// The name nearest to `name`, when one is near enough to be a slip.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_string())
}
