// The SDK's benchmark peer in Go: encoding/json and crypto/sha256. See ../peer_process.hpp for what it is asked.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

type envelope struct {
	SchemaVersion string          `json:"schemaVersion"`
	Timestamp     string          `json:"timestamp"`
	Cluster       string          `json:"cluster"`
	Namespace     string          `json:"namespace"`
	Payload       json.RawMessage `json:"payload"`
}

type item struct {
	TargetNamespace string         `json:"targetNamespace"`
	TargetName      string         `json:"targetName"`
	Namespace       string         `json:"namespace"`
	Name            string         `json:"name"`
	Group           string         `json:"group,omitempty"`
	Version         string         `json:"version"`
	Kind            string         `json:"kind"`
	UID             string         `json:"uid"`
	Attributes      map[string]any `json:"attributes"`
}

var (
	text  []byte
	items []item
)

func load(path string) error {
	var err error
	if text, err = os.ReadFile(path); err != nil {
		return err
	}
	items = nil
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, &items)
	}
	return nil
}

func key() string {
	var read envelope
	if err := json.Unmarshal(text, &read); err != nil {
		return err.Error()
	}
	digest := sha256.Sum256(read.Payload)
	return read.Cluster + "/" + read.Namespace + "/" + read.Timestamp + "/sha256:" + hex.EncodeToString(digest[:])
}

func encode() []byte {
	out, err := json.Marshal(items)
	if err != nil {
		return []byte(err.Error())
	}
	return out
}

func do(work string) string {
	if work == "key" {
		return key()
	}
	digest := sha256.Sum256(encode())
	return hex.EncodeToString(digest[:])
}

func cpu() int64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return used.Utime.Nano() + used.Stime.Nano()
}

func run(work string, count int) int64 {
	start := cpu()
	for ; count > 0; count-- {
		if work == "key" {
			key()
		} else {
			encode()
		}
	}
	return cpu() - start
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.SplitN(lines.Text(), " ", 3)
		switch words[0] {
		case "load":
			if err := load(words[1]); err != nil {
				fmt.Println(err)
				continue
			}
			fmt.Println("ok")
		case "check":
			fmt.Println(do(words[1]))
		case "run":
			count, _ := strconv.Atoi(words[2])
			fmt.Println(run(words[1], count))
		}
	}
}
