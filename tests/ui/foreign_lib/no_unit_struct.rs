#[farcall::foreign_lib]
mod lib {
    
}

fn main() {}
