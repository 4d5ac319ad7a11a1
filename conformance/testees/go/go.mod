module kollect.dev/conformance/testees

go 1.19
