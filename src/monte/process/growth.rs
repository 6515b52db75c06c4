//! Growing contiguous regions of about equal numbers of counties.
//!
//! Seeds are spread by farthest-first traversal in steps over the adjacency graph, so that they are dense where counties
//! are. Then all regions grow at once: the smallest takes the county on its rim that is nearest to its seed. Seeds
//! move to the middle of their region and the growing starts again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::monte::Stream;
use crate::space::great_circle_km;

/// Counties as a graph.
pub(super) struct Graph<'a> {
    /// Longitude and latitude of each county.
    pub places: &'a [[f64; 2]],
    /// The state of each county.
    pub states: &'a [&'a str],
    /// Neighbours of each county, ascending.
    pub neighbors: Vec<BTreeSet<usize>>,
}

impl Graph<'_> {
    fn n(&self) -> usize {
        self.places.len()
    }

    fn km(&self, a: usize, b: usize) -> f64 {
        great_circle_km(self.places[a], self.places[b])
    }

    /// Links the parts of a state that lie apart (islands) to its nearest other county, until each state holds together.
    pub fn link_islands(&mut self) {
        loop {
            let part = self.components();
            let mut by_state: BTreeMap<&str, BTreeMap<usize, Vec<usize>>> = BTreeMap::new();
            for (county, &state) in self.states.iter().enumerate() {
                by_state.entry(state).or_default().entry(part[county]).or_default().push(county);
            }
            let links: Vec<(usize, usize)> = by_state.values().filter_map(|parts| self.shortest_link(parts)).collect();
            if links.is_empty() {
                return;
            }
            for (a, b) in links {
                self.neighbors[a].insert(b);
                self.neighbors[b].insert(a);
            }
        }
    }

    /// The nearest pair between the smallest part of a state and its other parts.
    fn shortest_link(&self, parts: &BTreeMap<usize, Vec<usize>>) -> Option<(usize, usize)> {
        let (smallest, members) = parts.iter().min_by_key(|(_, members)| members.len())?;
        let others = parts.iter().filter(|(part, _)| *part != smallest).flat_map(|(_, members)| members);
        others
            .flat_map(|&b| members.iter().map(move |&a| (a, b)))
            .min_by(|x, y| self.km(x.0, x.1).total_cmp(&self.km(y.0, y.1)))
    }

    /// The number of the connected component of each county.
    fn components(&self) -> Vec<usize> {
        let mut part = vec![usize::MAX; self.n()];
        let mut parts = 0;
        for start in 0..self.n() {
            if part[start] == usize::MAX {
                for (county, steps) in self.steps_from(start).into_iter().enumerate() {
                    if steps != usize::MAX {
                        part[county] = parts;
                    }
                }
                parts += 1;
            }
        }
        part
    }

    /// Steps from a county to every other; `usize::MAX` where there is no way.
    fn steps_from(&self, start: usize) -> Vec<usize> {
        let mut steps = vec![usize::MAX; self.n()];
        steps[start] = 0;
        let mut queue = VecDeque::from([start]);
        while let Some(here) = queue.pop_front() {
            for &next in &self.neighbors[here] {
                if steps[next] == usize::MAX {
                    steps[next] = steps[here] + 1;
                    queue.push_back(next);
                }
            }
        }
        steps
    }

    /// `count` seeds, each as many steps as can be from those before it; ties fall by the stream.
    fn seeds(&self, count: usize, stream: &mut Stream) -> Vec<usize> {
        let luck: Vec<f64> = (0..self.n()).map(|_| stream.uniform()).collect();
        let mut seeds = vec![stream.below(self.n())];
        let mut steps = self.steps_from(seeds[0]);
        while seeds.len() < count {
            let farthest = (0..self.n()).max_by(|&a, &b| steps[a].cmp(&steps[b]).then(luck[a].total_cmp(&luck[b])));
            let seed = farthest.unwrap_or(0);
            for (nearest, new) in steps.iter_mut().zip(self.steps_from(seed)) {
                *nearest = (*nearest).min(new);
            }
            seeds.push(seed);
        }
        seeds
    }

    /// The region of each county when regions grow from seeds.
    fn grow_from(&self, seeds: &[usize]) -> Vec<usize> {
        let mut region = vec![usize::MAX; self.n()];
        let mut size = vec![1; seeds.len()];
        let mut rim: Vec<BTreeSet<usize>> = seeds.iter().map(|&seed| self.neighbors[seed].clone()).collect();
        for (r, &seed) in seeds.iter().enumerate() {
            region[seed] = r;
        }
        loop {
            rim.iter_mut().for_each(|counties| counties.retain(|&county| region[county] == usize::MAX));
            let Some(r) = (0..seeds.len()).filter(|&r| !rim[r].is_empty()).min_by_key(|&r| size[r]) else {
                return region;
            };
            let near = |a: &&usize, b: &&usize| self.km(seeds[r], **a).total_cmp(&self.km(seeds[r], **b));
            let Some(&county) = rim[r].iter().min_by(near) else { return region };
            region[county] = r;
            size[r] += 1;
            rim[r].extend(self.neighbors[county].iter().copied());
        }
    }

    /// The member of each region with the smallest sum of distances to the others.
    fn middles(&self, region: &[usize], count: usize) -> Vec<usize> {
        let mut members = vec![Vec::new(); count];
        for (county, &r) in region.iter().enumerate() {
            if let Some(list) = members.get_mut(r) {
                list.push(county);
            }
        }
        let total = |county: usize, list: &[usize]| list.iter().map(|&other| self.km(county, other)).sum::<f64>();
        let middle = |list: &Vec<usize>| {
            list.iter().copied().min_by(|&a, &b| total(a, list).total_cmp(&total(b, list))).unwrap_or(0)
        };
        members.iter().map(middle).collect()
    }
}

/// Regions of a graph: the middle county of each region and the region of each county.
pub(super) fn regions(graph: &Graph, count: usize, rounds: usize, stream: &mut Stream) -> (Vec<usize>, Vec<usize>) {
    let mut seeds = graph.seeds(count, stream);
    let mut region = graph.grow_from(&seeds);
    for _ in 0..rounds {
        seeds = graph.middles(&region, count);
        region = graph.grow_from(&seeds);
    }
    (graph.middles(&region, count), region)
}
