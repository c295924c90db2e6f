//! effectum as it is shipped, recording jobs: one line in is one round, one line out is how long it took.

use std::io::BufRead;
use std::path::PathBuf;
use std::time::Instant;

use effectum::{Job, Queue};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("in which folder?")?);
    let queue = Queue::new(&folder.join("effectum.db")).await?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let [how, count, bytes] = words[..] else { return Err("how, how many, how large?".into()) };
        let (count, payload): (usize, Vec<u8>) = (count.parse()?, vec![b'x'; bytes.parse()?]);
        let job = || Job::builder("registration").payload(payload.clone()).build();
        let started = Instant::now();
        if how == "together" {
            queue.add_jobs((0..count).map(|_| job()).collect()).await?;
        } else {
            for _ in 0..count {
                queue.add_job(job()).await?;
            }
        }
        println!("{}", started.elapsed().as_nanos());
    }
    // Its own end asks for a runtime that is gone by then.
    std::process::exit(0)
}
