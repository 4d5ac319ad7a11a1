module operator-testee

go 1.19
