//! The allocator of the command line: columns that are freed go back to the system.
//!
//! glibc gives large blocks pages of their own and returns these when they are freed, but raises the size from which it
//! does so with every such block (up to 32 MiB): after the first column is freed the others come from its heap, where
//! the holes between them stay. At a million rows that is a seventh of the peak. A threshold that is set stays. Blocks
//! smaller than it are not touched, and no number depends on it. A program that uses the library decides for itself.

/// Bytes from which a block has pages of its own: columns of 32,768 numbers and more.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES: libc::c_int = 256 * 1024;

/// Fixes the size from which blocks have pages of their own; where the allocator is another one nothing happens.
pub(super) fn return_freed_columns() {
    // SAFETY: `mallopt` takes two integers, and nothing else runs yet. It answers whether it took the setting; where it
    // did not a run takes more memory and is otherwise the same.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES);
    }
}
