//! The search for a set of clusters, from tables to a [`Definition`].

use std::collections::HashMap;
use std::path::Path;

use super::sources::other_set;
use super::{DefineError, Sources};
use crate::mapping::defining::{
    Candidate, ClusterRelatedness, Function, Marginal, Overlap, OverlapRule, Scores, Scoring, Search, Stability,
    reassign, stability,
};
use crate::mapping::grouping::{
    Comparison, Dendrogram, GroupingError, Linkage, Partition, Start, compare, hierarchical,
};
use crate::mapping::similarity::Similarity;
use crate::monte::Streams;
use crate::panel::Loaded;
use crate::plan::RunError;
use crate::plan::columns::faults_of_define;
use crate::plan::prepare::Roles;
use crate::study::Study;
use crate::study::define::{DefineSection, FunctionName, OtherSet, SimilarityName};

/// A set of clusters with everything that is told of it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The names of the similarities that candidates were grouped by.
    pub similarities: Vec<&'static str>,
    /// The names of the validating similarities.
    pub validating: Vec<&'static str>,
    /// Every candidate, the best first.
    pub candidates: Vec<Candidate>,
    /// The scores of the final set, after reassignment.
    pub scores: Scores,
    /// Other sets, scored and compared.
    pub others: Vec<OtherScores>,
    /// The industries, by cluster, then by relatedness with it.
    pub industries: Vec<IndustryRow>,
    /// The clusters, the one with most industries first.
    pub clusters: Vec<ClusterRow>,
    /// Links of clusters (numbered as in `clusters`).
    pub overlap: Overlap,
    /// Relatedness of clusters, `WCR` on the diagonal.
    pub relatedness: nalgebra::DMatrix<f64>,
    /// Industries that changed cluster, with the names of both.
    pub moves: Vec<(String, String, String, Marginal)>,
    /// Agreement with the sets of draws of regions, if asked for.
    pub stability: Option<Stability>,
    /// The tree of the picked similarity, with the names of its leaves.
    pub tree: (Dendrogram, Vec<String>),
    /// Industries without a defined similarity, which are in no cluster.
    pub left_out: Vec<String>,
    /// Cells that are missing in the data and count as zero.
    pub n_missing: usize,
    /// Regions.
    pub n_regions: usize,
    /// Whether any of the data are synthetic.
    pub is_synthetic: bool,
}

/// An industry of the final set.
#[derive(Clone, Debug, PartialEq)]
pub struct IndustryRow {
    /// The industry.
    pub industry: String,
    /// Its cluster, by position in [`Definition::clusters`].
    pub cluster: usize,
    /// Its relatedness with its cluster, `WCR_ic`.
    pub within: f64,
    /// The other clusters that it belongs to broadly.
    pub broad: Vec<usize>,
}

/// A cluster of the final set.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterRow {
    /// Its code, `c01` and on.
    pub code: String,
    /// The industry most related with the others: what names the cluster until a person does.
    pub centre: String,
    /// How many industries it has.
    pub industries: usize,
    /// `WCR_c` of the similarity it was grouped by.
    pub within: f64,
    /// The mean of its `BCR_cd`.
    pub between: f64,
    /// The mean largest Jaccard coefficient over draws of regions, if drawn.
    pub stability: Option<f64>,
}

/// Another set of clusters beside the one found.
#[derive(Clone, Debug)]
pub struct OtherScores {
    /// Its name.
    pub name: String,
    /// How many industries it and the data share.
    pub industries: usize,
    /// Its number of clusters among them.
    pub clusters: usize,
    /// Its scores on them.
    pub scores: Scores,
    /// The final set's scores on the same industries.
    pub own_scores: Scores,
    /// How the final set (first) and it agree.
    pub comparison: Comparison,
}

/// Finds a set of clusters as a study says.
///
/// # Errors
/// When there is nothing to find it from or the numbers of clusters do not fit.
pub fn run(study: &Study, data_dir: Option<&Path>) -> Result<Definition, DefineError> {
    let section =
        study.clusters.as_ref().and_then(|clusters| clusters.define.as_ref()).ok_or(DefineError::NoSection)?;
    let faults = faults_of_define(study, section, data_dir).map_err(RunError::from)?;
    if !faults.is_empty() {
        return Err(RunError::Study(study.faults(faults)).into());
    }
    let roles = Roles::of(study);
    let needed = needed_columns(section, &roles);
    let loaded = crate::panel::load(&study.data, study.folder(), data_dir, Some(&needed));
    let mut loaded = loaded.map_err(RunError::from)?;
    let sources = Sources::read(&mut loaded, section, &roles)?;
    let all = sources.industries();
    let (industries, left_out) = usable(&sources, section, &all);
    let problem = |source: GroupingError| DefineError::Grouping { source, left_out: words(&left_out) };
    let grouping: Vec<Similarity> =
        section.similarity.iter().map(|name| sources.similarity(*name, &industries)).collect();
    let validating_names = section.validating();
    let validating: Vec<Similarity> =
        validating_names.iter().map(|name| sources.similarity(*name, &industries)).collect();
    let scoring = Scoring { percentile: section.percentile, ..Scoring::default() };
    let search = Search {
        similarities: section.similarity.iter().map(|name| name.as_str()).zip(&grouping).collect(),
        validating: validating.iter().collect(),
        functions: section.functions.iter().map(|name| function(*name)).collect(),
        starts: starts(section.starts),
        numbers: section.clusters.list(),
        scoring,
        streams: Streams::new(study.seed),
    };
    let candidates = search.candidates().map_err(problem)?;
    let nothing = GroupingError::Groups { groups: 0, points: industries.len() };
    let best = candidates.first().ok_or_else(|| problem(nothing))?;
    let matrix = &grouping[best.similarity];
    let most = (section.reassign * industries.len() as f64).floor() as usize;
    let (partition, moved) = reassign(matrix, &best.partition, most);
    let drawn = match section.bootstrap {
        0 => None,
        draws => {
            let again = |regions: &[usize]| regroup(&sources.draw(regions), &search, best, section, &industries);
            Some(stability(&best.partition, sources.n_regions(), draws, &search.streams, again).map_err(problem)?)
        }
    };
    let linkage = match best.function {
        Function::Hierarchical(linkage) => linkage,
        _ => Linkage::WardD2,
    };
    let distances = crate::mapping::defining::distances(matrix, linkage).map_err(problem)?;
    let tree = (hierarchical(&distances, linkage).map_err(problem)?, industries.clone());
    let partition = by_size(&partition);
    let rule = OverlapRule { percentile: section.related_percentile, share: section.related_share };
    let overlap = Overlap::of(matrix, &partition, &rule);
    let found = ClusterRelatedness::of(matrix, &partition);
    let scores = Scores::of(&search.validating, &partition, &scoring);
    let others = others(&mut loaded, section, &roles, &industries, &partition, &search)?;
    let stable = drawn.as_ref().map(|drawn| matched(drawn, &best.partition, &partition));
    let clusters = cluster_rows(&found, &partition, &industries, stable.as_deref());
    let named = |group: usize| best.partition.labels().iter().position(|&label| label == group);
    let code = |group: usize| named(group).map_or(String::new(), |i| clusters[partition.labels()[i]].code.clone());
    let moves = moved.iter().map(|m| (industries[m.industry].clone(), code(m.own), code(m.nearest), *m)).collect();
    let n_missing = [&sources.employment, &sources.establishments].into_iter().flatten().map(|t| t.n_missing()).sum();
    let rows = industry_rows(&found, &partition, &industries, &overlap);
    Ok(Definition {
        similarities: section.similarity.iter().map(|name| name.as_str()).collect(),
        validating: validating_names.iter().map(|name| name.as_str()).collect(),
        scores,
        others,
        industries: rows,
        clusters,
        overlap,
        relatedness: found.clusters,
        moves,
        stability: drawn,
        tree,
        left_out,
        n_missing,
        n_regions: sources.n_regions(),
        is_synthetic: loaded.sources.iter().any(|source| source.synthetic),
        candidates,
    })
}

fn needed_columns(section: &DefineSection, roles: &Roles) -> Vec<String> {
    let columns = [section.employment.clone(), section.establishments.clone(), roles.industry.clone()];
    columns.into_iter().flatten().chain([roles.region.clone()]).collect()
}

/// Industries that every similarity to group by defines with all others, and those that are left out.
fn usable(sources: &Sources, section: &DefineSection, all: &[String]) -> (Vec<String>, Vec<String>) {
    let mut kept = all.to_vec();
    // Leaving one out can leave another without a defined pair: until nothing changes.
    loop {
        let mut out = vec![false; kept.len()];
        for name in &section.similarity {
            sources.similarity(*name, &kept).undefined().into_iter().for_each(|i| out[i] = true);
        }
        if !out.contains(&true) {
            break;
        }
        let mut place = 0;
        kept.retain(|_| {
            place += 1;
            !out[place - 1]
        });
    }
    let left_out = all.iter().filter(|name| !kept.contains(name)).cloned().collect();
    (kept, left_out)
}

fn words(left_out: &[String]) -> Option<String> {
    let some: Vec<String> = left_out.iter().take(5).cloned().collect();
    (!some.is_empty())
        .then(|| format!("{} industries have no defined similarity, for example {}", left_out.len(), some.join(", ")))
}

fn function(name: FunctionName) -> Function {
    match name {
        FunctionName::Ward => Function::Hierarchical(Linkage::WardD2),
        FunctionName::WardD => Function::Hierarchical(Linkage::WardD),
        FunctionName::Average => Function::Hierarchical(Linkage::Average),
        FunctionName::Complete => Function::Hierarchical(Linkage::Complete),
        FunctionName::Single => Function::Hierarchical(Linkage::Single),
        FunctionName::Centroid => Function::Hierarchical(Linkage::Centroid),
        FunctionName::Median => Function::Hierarchical(Linkage::Median),
        FunctionName::KMeans => Function::KMeans,
        FunctionName::KMedians => Function::KMedians,
        FunctionName::KMedoids => Function::KMedoids,
        FunctionName::Spectral => Function::Spectral,
    }
}

fn starts(random: u32) -> Vec<Start> {
    let fixed = [Start::First, Start::Last, Start::Segments].into_iter();
    fixed.chain((0..random).flat_map(|draw| [Start::Random(draw), Start::PlusPlus(draw)])).collect()
}

/// The picked candidate's grouping on a draw of regions. What is not defined on the draw (an industry that no drawn region
/// has) counts as no similarity.
fn regroup(
    drawn: &Sources,
    search: &Search<'_>,
    best: &Candidate,
    section: &DefineSection,
    industries: &[String],
) -> Result<Partition, GroupingError> {
    let name: SimilarityName = section.similarity[best.similarity];
    let matrix = drawn.similarity(name, industries);
    let filled = matrix.values().map(|value| if value.is_nan() { 0.0 } else { value });
    let matrix = Similarity::symmetric(industries, filled);
    search.grouping((name.as_str(), &matrix), best.function, best.start, best.partition.n_groups())
}

/// The same groups, numbered by size (the largest first), then by first industry.
fn by_size(partition: &Partition) -> Partition {
    let sizes = partition.sizes();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|&a, &b| sizes[b].cmp(&sizes[a]).then(a.cmp(&b)));
    partition.renumbered(&order)
}

/// For every cluster of the final set, the stability of the picked cluster that most of it was.
fn matched(drawn: &Stability, picked: &Partition, last: &Partition) -> Vec<f64> {
    let from = compare(last, picked).map(|comparison| comparison.matches).unwrap_or_default();
    from.iter().map(|(group, _)| drawn.clusters.get(*group).copied().unwrap_or(f64::NAN)).collect()
}

fn cluster_rows(
    found: &ClusterRelatedness,
    partition: &Partition,
    industries: &[String],
    stable: Option<&[f64]>,
) -> Vec<ClusterRow> {
    let k = partition.n_groups();
    let digits = k.to_string().len().max(2);
    let row = |(cluster, members): (usize, &Vec<usize>)| {
        let within = |i: usize| found.industries[(cluster, i)];
        let centre = members.iter().copied().reduce(|best, i| if within(i) > within(best) { i } else { best });
        let others: Vec<f64> =
            (0..k).filter(|&d| d != cluster).map(|d| found.clusters[(cluster, d)]).filter(|v| !v.is_nan()).collect();
        ClusterRow {
            code: format!("c{:0digits$}", cluster + 1),
            centre: centre.map_or(String::new(), |i| industries[i].clone()),
            industries: members.len(),
            within: found.clusters[(cluster, cluster)],
            between: others.iter().sum::<f64>() / others.len() as f64,
            stability: stable.and_then(|stable| stable.get(cluster).copied()),
        }
    };
    partition.members().iter().enumerate().map(row).collect()
}

fn industry_rows(
    found: &ClusterRelatedness,
    partition: &Partition,
    industries: &[String],
    overlap: &Overlap,
) -> Vec<IndustryRow> {
    let rows = industries.iter().zip(partition.labels()).enumerate().map(|(i, (industry, &cluster))| IndustryRow {
        industry: industry.clone(),
        cluster,
        within: found.industries[(cluster, i)],
        broad: overlap.broad[i].clone(),
    });
    let mut rows: Vec<IndustryRow> = rows.collect();
    rows.sort_by(|a, b| a.cluster.cmp(&b.cluster).then(b.within.total_cmp(&a.within)));
    rows
}

fn others(
    loaded: &mut Loaded,
    section: &DefineSection,
    roles: &Roles,
    industries: &[String],
    partition: &Partition,
    search: &Search<'_>,
) -> Result<Vec<OtherScores>, DefineError> {
    let mut found = Vec::new();
    for (name, set) in &section.compare {
        let clusters: HashMap<String, String> = match set {
            OtherSet::Prefix(length) => {
                industries.iter().map(|code| (code.clone(), code.chars().take(*length).collect())).collect()
            }
            OtherSet::Table(table) => other_set(loaded, table, roles)?,
        };
        let shared: Vec<usize> = (0..industries.len()).filter(|&i| clusters.contains_key(&industries[i])).collect();
        if shared.len() < 2 {
            let (known, all) = (shared.len(), industries.len());
            return Err(DefineError::OtherSet { set: name.clone(), known, all });
        }
        let names: Vec<String> = shared.iter().map(|&i| industries[i].clone()).collect();
        let other = Partition::new(names.iter().map(|name| &clusters[name]));
        let own = Partition::new(shared.iter().map(|&i| partition.labels()[i]));
        let among: Vec<Similarity> = search.validating.iter().map(|matrix| matrix.among(&names)).collect();
        let among: Vec<&Similarity> = among.iter().collect();
        let Some(comparison) = compare(&own, &other) else { continue };
        found.push(OtherScores {
            name: name.clone(),
            industries: names.len(),
            clusters: other.n_groups(),
            scores: Scores::of(&among, &other, &search.scoring),
            own_scores: Scores::of(&among, &own, &search.scoring),
            comparison,
        });
    }
    Ok(found)
}
