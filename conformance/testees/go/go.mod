module kollect.dev/conformance/testee

go 1.19
