module kollect.dev/bench/peer

go 1.19
