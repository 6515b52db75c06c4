//! What the system says of memory: the peak of this process, and what is available. Linux only; nothing elsewhere.
//!
//! Read by the command line and by what runs a plan; no number of a result depends on it.

/// The most memory that this process has held so far (`VmHWM`), in bytes.
pub fn peak() -> Option<u64> {
    kibibytes(&std::fs::read_to_string("/proc/self/status").ok()?, "VmHWM")
}

/// Memory that can be had without swapping (`MemAvailable`), in bytes.
pub fn available() -> Option<u64> {
    kibibytes(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable")
}

/// The line `NAME:  123 kB` of a text, in bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(1024 * line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?)
}

/// Bytes in words: `1.24 GB`, `243 MB`, with 1 MB a million bytes.
pub fn words(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 999.5 { format!("{megabytes:.0} MB") } else { format!("{:.2} GB", megabytes / 1e3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_by_their_whole_name() {
        let text = "VmHWMx:\t 1 kB\nVmPeak:\t  9 kB\nVmHWM:\t  2048 kB\n";
        assert_eq!(kibibytes(text, "VmHWM"), Some(2_097_152));
        assert_eq!(kibibytes(text, "VmRSS"), None);
        assert_eq!(kibibytes("VmHWM: many kB", "VmHWM"), None);
        assert_eq!((words(243_400_000), words(1_236_000_000)), ("243 MB".to_string(), "1.24 GB".to_string()));
    }
}
