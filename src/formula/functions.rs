//! Every function of the language: how it is called, what it gives, which part of isard computes it.
//!
//! The table is the one source for "did you mean", for the documentation and for `explain`. Signatures are read by
//! [`check_functions`](super::check_functions) too: `k = 1` may be left out, `...` takes any number more, `[x]` is optional.

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionDoc {
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub signature: &'static str,
    /// What it gives, in one line.
    pub summary: &'static str,
    /// Where it is computed, and so where it may stand.
    pub room: Room,
}

/// Where a function is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// From the numbers of a row alone: also in filters applied while reading.
    Row,
    /// From the text of a row alone: also in filters applied while reading.
    Text,
    /// From other periods of the same unit.
    Time,
    /// From all rows of a group.
    Group,
    /// From regions, industries and clusters.
    Measure,
    /// From whole tables of regions and industries.
    Structure,
    /// From neighbouring regions.
    Space,
    /// Only as a regressor.
    Regressor,
    /// Only as an argument, or around outcomes.
    Argument,
}

const fn doc(room: Room, name: &'static str, signature: &'static str, summary: &'static str) -> FunctionDoc {
    FunctionDoc { name, signature, summary, room }
}

use Room::{Argument, Group, Measure, Regressor, Row, Space, Structure, Text, Time};

/// Every function, by room.
pub const FUNCTIONS: &[FunctionDoc] = &[
    doc(Row, "log", "log(x)", "natural logarithm; missing where x is not positive"),
    doc(Row, "log1p", "log1p(x)", "log(1 + x), exact for small x; missing where x is not above -1"),
    doc(Row, "log2", "log2(x)", "logarithm to base 2; missing where x is not positive"),
    doc(Row, "log10", "log10(x)", "logarithm to base 10; missing where x is not positive"),
    doc(Row, "exp", "exp(x)", "e to the power x"),
    doc(Row, "sqrt", "sqrt(x)", "square root; missing where x is negative"),
    doc(Row, "abs", "abs(x)", "absolute value"),
    doc(Row, "sign", "sign(x)", "-1, 0 or 1"),
    doc(Row, "floor", "floor(x)", "largest whole number that is not above x"),
    doc(Row, "ceil", "ceil(x)", "smallest whole number that is not below x"),
    doc(Row, "round", "round(x, digits = 0)", "rounded to so many decimals, halves to the even neighbour"),
    doc(Row, "asinh", "asinh(x)", "inverse hyperbolic sine, log(x + sqrt(x^2 + 1)): a log that takes zeros"),
    doc(Row, "if", "if(condition, yes, no)", "yes where the condition is true, no where it is false, else missing"),
    doc(Row, "is_missing", "is_missing(x)", "whether the row has no value of x"),
    doc(Row, "coalesce", "coalesce(x, y, ...)", "the first value that is not missing"),
    doc(Row, "I", "I(x)", "x itself: keeps arithmetic in a formula from being read as terms"),
    doc(Text, "length", "length(text)", "number of characters"),
    doc(Text, "starts_with", "starts_with(text, start)", "whether the text begins so"),
    doc(Text, "ends_with", "ends_with(text, end)", "whether the text ends so"),
    doc(Text, "contains", "contains(text, part)", "whether the part occurs anywhere in the text"),
    doc(Text, "substring", "substring(text, start, length)", "characters from start on, the first being 1"),
    doc(Text, "concat", "concat(x, y, ...)", "texts joined without anything between; missing where one is"),
    doc(Text, "number", "number(text)", "the number that a text spells; missing where it spells none"),
    doc(Text, "text", "text(x)", "x as text; whole numbers without decimals"),
    doc(Time, "lag", "lag(x, k = 1)", "the unit's x exactly k periods before; missing where there is none"),
    doc(Time, "lead", "lead(x, k = 1)", "the unit's x exactly k periods later; missing where there is none"),
    doc(Time, "diff", "diff(x, k = 1)", "x - lag(x, k)"),
    doc(Time, "growth", "growth(x, k = 1)", "log(x) - log(lag(x, k))"),
    doc(Group, "sum", "sum(x, by = groups)", "sum over the group, missing values skipped"),
    doc(Group, "mean", "mean(x, by = groups)", "mean over the group, missing values skipped"),
    doc(Group, "count", "count([x], by = groups)", "rows of the group that have x; all rows without x"),
    doc(Group, "sd", "sd(x, by = groups)", "standard deviation over the group, divisor n - 1"),
    doc(Group, "median", "median(x, by = groups)", "median over the group"),
    doc(Group, "quantile", "quantile(x, q, by = groups)", "quantile of order q over the group, type 7"),
    doc(Group, "min", "min(x, y, ..., by = groups)", "with one x: least value of the group; with several: of the row"),
    doc(
        Group,
        "max",
        "max(x, y, ..., by = groups)",
        "with one x: largest value of the group; with several: of the row",
    ),
    doc(Group, "first", "first(x, by = groups)", "the value in the earliest period in which the group has one"),
    doc(Group, "rank", "rank(x, by = groups)", "rank in the group, the smallest is 1, ties share their mean rank"),
    doc(Group, "demean", "demean(x, by = groups)", "x less the group's mean"),
    doc(
        Group,
        "standardize",
        "standardize(x, by = groups)",
        "x less the group's mean, divided by its standard deviation",
    ),
    doc(
        Group,
        "winsorize",
        "winsorize(x, p, by = groups)",
        "x pulled in to the group's quantiles of order p and 1 - p",
    ),
    doc(
        Measure,
        "share",
        "share(x, within = group, outside = industry, base = total)",
        "share of the group in the region's x",
    ),
    doc(
        Measure,
        "lq",
        "lq(x, within = group, outside = industry, base = total)",
        "location quotient: the group's share in the region over its share in all regions",
    ),
    doc(
        Measure,
        "symmetric_lq",
        "symmetric_lq(x, within = group, outside = industry, base = total)",
        "symmetric location quotient, (LQ - 1) / (LQ + 1)",
    ),
    doc(
        Measure,
        "herfindahl",
        "herfindahl(x, over = industry, within = region)",
        "concentration: sum of squared shares over the industries of the region",
    ),
    doc(
        Structure,
        "standardized_lq",
        "standardized_lq(x, over = industry)",
        "location quotient less its mean over the regions, divided by their standard deviation (n - 1)",
    ),
    doc(
        Structure,
        "lq_error",
        "lq_error(x, over = industry)",
        "standard error of the log of the location quotient, x as binomial",
    ),
    doc(
        Structure,
        "specialised",
        "specialised(x, threshold = 1, over = industry)",
        "1 where the location quotient is at least the threshold, else 0",
    ),
    doc(
        Structure,
        "density",
        "density(x, threshold = 1, own = false, over = industry)",
        "relatedness density: how much of what is near the industry the region is specialised in",
    ),
    doc(
        Structure,
        "litzenberger",
        "litzenberger(employment, area, population, firms, over = industry)",
        "Litzenberger and Sternberg's cluster index",
    ),
    doc(
        Structure,
        "krugman",
        "krugman(x, reference = total, over = industry)",
        "Krugman's specialisation of the region",
    ),
    doc(Structure, "entropy", "entropy(x, over = industry)", "Shannon's entropy of the region's shares, in bits"),
    doc(
        Structure,
        "relative_entropy",
        "relative_entropy(x, over = industry)",
        "relative entropy of the region's shares beside the nation's",
    ),
    doc(Structure, "hachman", "hachman(x, over = industry)", "Hachman's index: 1 where the region is as the nation"),
    doc(
        Structure,
        "diversity",
        "diversity(x, threshold = 1, over = industry)",
        "number of industries in which the region's location quotient reaches the threshold",
    ),
    doc(
        Structure,
        "unrelated_variety",
        "unrelated_variety(x, sectors = cluster, over = industry)",
        "entropy of the region's shares of sectors, in bits",
    ),
    doc(
        Structure,
        "related_variety",
        "related_variety(x, sectors = cluster, over = industry)",
        "mean entropy within the region's sectors, in bits",
    ),
    doc(
        Structure,
        "complexity",
        "complexity(x, threshold = 1, over = industry)",
        "economic complexity index (ECI) of the region",
    ),
    doc(Structure, "fitness", "fitness(x, threshold = 1, over = industry)", "fitness of the region, mean 1"),
    doc(
        Structure,
        "wage_mix",
        "wage_mix(employment, payroll, over = industry)",
        "part of the region's wage gap that its mix of industries makes",
    ),
    doc(
        Structure,
        "wage_level",
        "wage_level(employment, payroll, over = industry)",
        "part of the region's wage gap that its wages within industries make",
    ),
    doc(
        Structure,
        "ubiquity",
        "ubiquity(x, threshold = 1, over = industry)",
        "number of regions in which the industry's location quotient reaches the threshold",
    ),
    doc(Structure, "gini", "gini(x, over = industry)", "locational Gini of the industry"),
    doc(Structure, "hoover", "hoover(x, over = industry)", "Hoover's index of localisation of the industry"),
    doc(
        Structure,
        "concentration",
        "concentration(x, over = industry)",
        "raw geographic concentration of the industry",
    ),
    doc(
        Structure,
        "ellison_glaeser",
        "ellison_glaeser(x, herfindahl, over = industry)",
        "Ellison and Glaeser's index of the industry, beyond the size of its plants",
    ),
    doc(
        Structure,
        "maurel_sedillot",
        "maurel_sedillot(x, herfindahl, over = industry)",
        "Maurel and Sedillot's index of the industry",
    ),
    doc(
        Structure,
        "coagglomeration",
        "coagglomeration(x, herfindahl, within = cluster, over = industry)",
        "Ellison and Glaeser's coagglomeration of the industries of a cluster",
    ),
    doc(
        Structure,
        "specialised_share",
        "specialised_share(x, over = industry)",
        "share of the industry in regions with a location quotient of at least 1",
    ),
    doc(
        Structure,
        "top_five_quotient",
        "top_five_quotient(x, over = industry)",
        "mean of the industry's five largest location quotients",
    ),
    doc(
        Structure,
        "industry_class",
        "industry_class(x, share = 0.5, top = 2, gini = 0.3, resources = none, over = industry)",
        "traded or local by Porter's three criteria; resource by code where resources = naics, sic or nace",
    ),
    doc(
        Structure,
        "complexity_outlook",
        "complexity_outlook(x, threshold = 1, over = industry)",
        "complexity outlook index (COI) of the region: how near it is to complex industries that it lacks",
    ),
    doc(
        Structure,
        "outlook_gain",
        "outlook_gain(x, threshold = 1, over = industry)",
        "complexity outlook gain (COG) of the cell: what the industry would open to the region",
    ),
    doc(
        Structure,
        "industry_complexity",
        "industry_complexity(x, threshold = 1, over = industry)",
        "product complexity index (PCI) of the industry",
    ),
    doc(
        Structure,
        "industry_fitness",
        "industry_fitness(x, threshold = 1, over = industry)",
        "complexity of the industry by Tacchella's iteration, mean 1",
    ),
    doc(
        Structure,
        "shift_share",
        "shift_share(x, effect = national, k = 1, dynamic = false, over = industry)",
        "part of the change of x since k periods ago",
    ),
    doc(
        Structure,
        "theil",
        "theil(x, weights = w, groups = g, part = total)",
        "Theil's index of x over the rows of the period, or its part between or within groups",
    ),
    doc(
        Structure,
        "k_density",
        "k_density(longitude, latitude, at, weights = w, bandwidth = h, plane = false, over = industry)",
        "density of the distances between the industry's plants (rows) at a distance",
    ),
    doc(
        Structure,
        "localisation",
        "localisation(longitude, latitude, until, part = localised, weights = w, bandwidth = h, steps = 100, draws = 999, seed = 1, plane = false, over = industry)",
        "how far the density of distances is outside of its global band: Duranton and Overman's index",
    ),
    doc(
        Structure,
        "m_function",
        "m_function(longitude, latitude, radius, weights = w, plane = false, over = industry)",
        "the industry's share within a radius of its plants, relative to its share in all",
    ),
    doc(
        Argument,
        "related",
        "related(cluster, weights = overlap)",
        "the clusters related to the row's own: within = related(cluster)",
    ),
    doc(
        Space,
        "spatial_lag",
        "spatial_lag(x, weights, by = groups, absent = value, take = sum)",
        "weighted sum of x over the neighbouring regions, same period; take = max: the largest x among them",
    ),
    doc(Regressor, "i", "i(factor, [x], ref = level)", "a column per level of the factor but the reference, times x"),
    doc(Regressor, "poly", "poly(x, degree, raw = false)", "polynomial of x, orthogonal unless raw"),
    doc(Argument, "c", "c(x, y, ...)", "a list: of outcomes before ~, of groups after by ="),
];

/// What other programs call some of them.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("ln", "log"),
    ("ifelse", "if"),
    ("if_else", "if"),
    ("case_when", "if"),
    ("where", "if"),
    ("cond", "if"),
    ("avg", "mean"),
    ("average", "mean"),
    ("std", "sd"),
    ("stdev", "sd"),
    ("ceiling", "ceil"),
    ("pctile", "quantile"),
    ("percentile", "quantile"),
    ("zscore", "standardize"),
    ("scale", "standardize"),
    ("nchar", "length"),
    ("len", "length"),
    ("strlen", "length"),
    ("substr", "substring"),
    ("paste", "concat"),
    ("paste0", "concat"),
    ("as.numeric", "number"),
    ("destring", "number"),
    ("as.character", "text"),
    ("string", "text"),
    ("is.na", "is_missing"),
    ("isna", "is_missing"),
    ("is_null", "is_missing"),
    ("mi", "is_missing"),
    ("l", "lag"),
    ("shift", "lag"),
    ("f", "lead"),
    ("d", "diff"),
    ("factor", "i"),
    ("as.factor", "i"),
    ("hhi", "herfindahl"),
    ("location_quotient", "lq"),
    ("rca", "lq"),
    ("slq", "symmetric_lq"),
    ("eci", "complexity"),
    ("pci", "industry_complexity"),
    ("coi", "complexity_outlook"),
    ("cog", "outlook_gain"),
    ("ellison", "ellison_glaeser"),
    ("shannon", "entropy"),
    ("slag", "spatial_lag"),
    ("w", "spatial_lag"),
    ("n", "count"),
    ("total", "sum"),
];

/// The function of a name.
pub fn function_named(name: &str) -> Option<&'static FunctionDoc> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The function that a misspelt name, or a name from another program, most likely means.
///
/// ```
/// use isard::formula::nearest_function;
/// assert_eq!(nearest_function("standardise"), Some("standardize"));
/// assert_eq!(nearest_function("ln"), Some("log"));
/// assert_eq!(nearest_function("bootstrap"), None);
/// ```
pub fn nearest_function(name: &str) -> Option<&'static str> {
    let small = name.to_lowercase();
    let known = |(other, ours): &(&str, &'static str)| (*other == small).then_some(*ours);
    OTHER_NAMES.iter().find_map(known).or_else(|| nearest_of(&small, FUNCTIONS.iter().map(|function| function.name)))
}

/// The candidate nearest to a name: at most a third of the letters may differ.
pub(crate) fn nearest_of<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (candidate.len().min(name.len()) / 3).max(1) && candidate.len() > 1
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_begin_their_signatures() {
        for (at, function) in FUNCTIONS.iter().enumerate() {
            assert!(function.signature.starts_with(&format!("{}(", function.name)), "{}", function.name);
            assert!(FUNCTIONS[..at].iter().all(|before| before.name != function.name), "{}", function.name);
        }
        for (_, ours) in OTHER_NAMES {
            assert!(function_named(ours).is_some(), "{ours}");
        }
    }

    #[test]
    fn every_function_is_documented_for_users() {
        let page = include_str!("../../docs/formulas.md");
        for function in FUNCTIONS {
            assert!(
                page.contains(&format!("`{}`", function.signature)),
                "{} is not in docs/formulas.md",
                function.signature
            );
        }
    }
}
