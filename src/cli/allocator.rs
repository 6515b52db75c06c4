//! The allocator of the command line: columns that are freed go back to the system.
//!
//! glibc gives large blocks pages of their own and returns these when they are freed, but raises the size from which it
//! does so with every such block (up to 32 MiB): after the first column is freed the others come from its heap, where
//! the holes between them stay. At a million rows that is a seventh of the peak. A threshold that is set stays. Blocks
//! smaller than it are not touched, and no number depends on it. A program that uses the library decides for itself.

/// Bytes from which a block has pages of its own: columns of 32,768 numbers and more.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES: libc::c_int = 256 * 1024;

/// Bytes from which a block has pages of its own where columns come and go: the most that glibc takes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 32 * 1024 * 1024;

/// Keeps freed columns for the next ones: where a panel is measured period by period columns of the same size come and go
/// many times, and the system would have to clear every page again.
pub(super) fn keep_freed_columns() {
    // SAFETY: as in `return_freed_columns`; the settings may change at any time.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
    }
}

/// Fixes the size from which blocks have pages of their own; where the allocator is another one nothing happens.
pub(super) fn return_freed_columns() {
    // SAFETY: `mallopt` takes two integers, and nothing else runs yet. It answers whether it took the setting; where it
    // did not a run takes more memory and is otherwise the same.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES);
    }
}
