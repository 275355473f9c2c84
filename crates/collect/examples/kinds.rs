#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]
use std::io;
fn main() {
    let mut r = facts::Redactor::new();
    for a in std::env::args().skip(1) {
        let t = portcullis_collect::Target::Path(a.into());
        let o = portcullis_collect::Options { root: None, largest: 64 << 20, list: true };
        let start = std::time::Instant::now();
        let mut n = 0;
        let out = portcullis_collect::gather(&t, &o, &mut r, &mut io::empty(), &mut |g| {
            n += g.evidence.len();
        });
        for (f, k) in &out.files {
            println!("{k}\t{f}");
        }
        for t in &out.troubles {
            println!("TROUBLE\t{}", t.message);
        }
        println!("{:?} clusters {} {:?}", out.inputs, out.clusters, start.elapsed());
    }
}
