// The reference implementation of the transformation language on the same records as test/bench/ottl.ts: prints CPU
// nanoseconds a record for the statements alone, and for OTLP bytes in to OTLP bytes out.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// CPU seconds of the process so far, in nanoseconds.
func cpu() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		must(0, err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// Usage: ottl ROUNDS CONDITION STATEMENT... < request.binpb
func main() {
	rounds := must(strconv.Atoi(os.Args[1]))
	request := must(io.ReadAll(os.Stdin))
	settings := component.TelemetrySettings{Logger: zap.NewNop()}
	parser := must(ottllog.NewParser(ottlfuncs.StandardFuncs[*ottllog.TransformContext](), settings, ottllog.EnablePathContextNames()))
	condition := must(parser.ParseCondition(os.Args[2]))
	statements := must(parser.ParseStatements(os.Args[3:]))
	sequence := ottl.NewStatementSequence(statements, settings)
	ctx := context.Background()
	run := func(logs plog.Logs) (count int) {
		for _, resource := range logs.ResourceLogs().All() {
			for _, scope := range resource.ScopeLogs().All() {
				for _, record := range scope.LogRecords().All() {
					count++
					transform := ottllog.NewTransformContext(resource, scope, record)
					if must(condition.Eval(ctx, transform)) {
						if err := sequence.Execute(ctx, transform); err != nil {
							must(0, err)
						}
					}
					transform.Close()
				}
			}
		}
		return count
	}
	unmarshaler, marshaler := plog.ProtoUnmarshaler{}, plog.ProtoMarshaler{}
	var alone, whole int64
	records := 0
	for i := 0; i < rounds; i++ {
		started := cpu()
		logs := must(unmarshaler.UnmarshalLogs(request))
		before := cpu()
		records += run(logs)
		alone += cpu() - before
		must(marshaler.MarshalLogs(logs))
		whole += cpu() - started
	}
	fmt.Printf("{\"statements\":%.1f,\"whole\":%.1f}\n", float64(alone)/float64(records), float64(whole)/float64(records))
}
