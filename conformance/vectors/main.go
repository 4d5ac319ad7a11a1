// Command vectors makes and checks the byte vectors beside it. See README.md.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
)

const (
	exitDifference = 1
	exitUsage      = 64
	exitBadData    = 65
)

type options struct {
	check, fixed, random, remake bool
	seed                         int64
	count                        int
	files                        []string
}

func main() {
	var chosen options
	flag.BoolVar(&chosen.check, "check", false, "make each line of `FILES` again and compare")
	flag.BoolVar(&chosen.fixed, "fixed", false, "write the named cases")
	flag.BoolVar(&chosen.random, "random", false, "write random cases")
	flag.BoolVar(&chosen.remake, "remake", false, "write `FILES` again, all but the inputs recomputed")
	flag.Int64Var(&chosen.seed, "seed", 1, "with -random: the seed; the same seed gives the same cases")
	flag.IntVar(&chosen.count, "count", 300, "with -random: the number of cases")
	flag.Parse()
	chosen.files = flag.Args()
	if err := chosen.validate(); err != nil {
		fmt.Fprintf(os.Stderr, "vectors: %v\n", err)
		flag.Usage()
		os.Exit(exitUsage)
	}
	os.Exit(chosen.run())
}

func (chosen options) validate() error {
	modes := 0
	for _, mode := range []bool{chosen.check, chosen.fixed, chosen.random, chosen.remake} {
		if mode {
			modes++
		}
	}
	switch needsFiles := chosen.check || chosen.remake; {
	case modes != 1:
		return errors.New("give exactly one of -check, -fixed, -random, -remake")
	case needsFiles && len(chosen.files) == 0:
		return errors.New("name at least one file")
	case !needsFiles && len(chosen.files) > 0:
		return fmt.Errorf("unexpected argument %q", chosen.files[0])
	case chosen.count < 1:
		return errors.New("-count must be at least 1")
	}
	return nil
}

func (chosen options) run() int {
	if chosen.check {
		return checkFiles(chosen.files)
	}
	out := bufio.NewWriter(os.Stdout)
	err := chosen.write(out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "vectors: %v\n", err)
		return exitBadData
	}
	return 0
}

// checkFiles tells every line that differs, and how many lines were compared.
func checkFiles(paths []string) int {
	code := 0
	for _, path := range paths {
		lines, err := readLines(path)
		if err != nil {
			fmt.Fprintf(os.Stderr, "vectors: %v\n", err)
			return exitBadData
		}
		differing := 0
		for index, line := range lines {
			if err := checkLine(line); err != nil {
				fmt.Fprintf(os.Stderr, "%s:%d: %v\n", path, index+1, err)
				differing++
				code = exitDifference
			}
		}
		fmt.Printf("%s: %d vectors, %d differ\n", path, len(lines), differing)
	}
	return code
}

func (chosen options) write(out *bufio.Writer) error {
	if chosen.remake {
		return remakeFiles(out, chosen.files)
	}
	if chosen.fixed {
		for _, one := range fixedCases() {
			if err := writeVector(out, one.vector); err != nil {
				return fmt.Errorf("%s: %w", one.Name, err)
			}
		}
		return nil
	}
	source := newRandomSource(chosen.seed)
	for index := 0; index < chosen.count; index++ {
		name := fmt.Sprintf("random-%d-%04d", chosen.seed, index)
		if err := writeVector(out, func() (vector, error) { return source.vector(name) }); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func remakeFiles(out *bufio.Writer, paths []string) error {
	for _, path := range paths {
		lines, err := readLines(path)
		if err != nil {
			return err
		}
		for index, line := range lines {
			again := func() (vector, error) {
				_, made, err := remake(line)
				return made, err
			}
			if err := writeVector(out, again); err != nil {
				return fmt.Errorf("%s:%d: %w", path, index+1, err)
			}
		}
	}
	return nil
}

func writeVector(out *bufio.Writer, produce func() (vector, error)) error {
	made, err := produce()
	if err != nil {
		return err
	}
	line, err := made.line()
	if err != nil {
		return err
	}
	_, err = out.Write(line)
	return err
}
