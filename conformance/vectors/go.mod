module kollect.dev/sdk/conformance/vectors

go 1.19
