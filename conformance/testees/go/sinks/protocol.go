package sinks

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Serve reads requests, one a line, and prints what answer makes of each, until the input ends. Where there is no
// error the answer is ok. What the answer may say besides is more.
func Serve[Request any](answer func(request Request) (more Object, err error)) {
	for input := bufio.NewReader(os.Stdin); ; {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var id struct{ ID json.RawMessage }
		var request Request
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		out := Object{}
		if err = decoder.Decode(&request); err == nil {
			json.Unmarshal(line, &id)
			var more Object
			if more, err = answer(request); more != nil {
				out = more
			}
		}
		out["id"], out["ok"] = id.ID, err == nil
		if err != nil {
			out["error"] = err.Error()
		}
		text, _ := json.Marshal(out)
		fmt.Printf("%s\n", text)
	}
}
