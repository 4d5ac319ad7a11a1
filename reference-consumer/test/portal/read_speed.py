"""How fast pages are while ingestion runs: read_speed.py PRODUCER CONSUMER [ROWS]

Prints percentiles of pages of 500, by cursor through the whole fleet, idle and under ingestion, and what ingestion
loses by 50 requests a second. For builds without sanitizers.
"""

import http.client
import json
import subprocess
import sys
import threading
import time

from fleet_under_test import Fleet, end_with_parent, wait_until

PRODUCER, CONSUMER = sys.argv[1:3]
ROWS = int(sys.argv[3]) if len(sys.argv) > 3 else 200_000


def read_pages(fleet, seconds, rate=None):
    """Milliseconds of each page, on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=60)
    took, cursor, begun = [], "", time.monotonic()
    while time.monotonic() - begun < seconds:
        asked = time.monotonic()
        connection.request("GET", "/v1alpha1/inventory?limit=500" + (f"&cursor={cursor}" if cursor else ""))
        body = connection.getresponse().read()
        took.append((time.monotonic() - asked) * 1000)
        cursor = json.loads(body)["pagination"].get("next", "")
        if rate:
            time.sleep(max(0, asked + 1 / rate - time.monotonic()))
    return sorted(took)


def tell(name, took):
    at = lambda share: took[min(len(took) - 1, int(len(took) * share))]
    print(f"{name}: {len(took)} pages, p50 {at(.5):.1f} ms, p99 {at(.99):.1f} ms, max {took[-1]:.1f} ms", flush=True)


def applied(fleet):
    return fleet.get("/v1alpha1/status")["messages"]["consumed"]


def main():
    fleet = Fleet(PRODUCER, CONSUMER)
    try:
        fleet.simulate("prod", "--clusters", "10", "--namespaces", "20", "--items", str(ROWS // 200))
        total = lambda: fleet.get("/v1alpha1/inventory?limit=1")["pagination"]["total"]
        if not wait_until(lambda: total() >= ROWS, 600, 1):
            sys.exit(f"only {total()} rows have arrived")
        print(f"{total()} rows", flush=True)
        tell("idle", read_pages(fleet, 15))
        begun_with = applied(fleet)
        more = subprocess.Popen([PRODUCER, "simulate", "--manifest", fleet.manifest("prod"), "--clusters", "10",
                                 "--namespaces", "20", "--items", str(ROWS // 200), "--rounds", "1000", "--churn",
                                 "0.01"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                preexec_fn=end_with_parent)
        try:
            if not wait_until(lambda: applied(fleet) > begun_with, 60):
                sys.exit("nothing of the second simulation has arrived")
            rates = []
            for reading in (False, True, False, True):
                before, begun = applied(fleet), time.monotonic()
                if reading:
                    tell("under ingestion, 50 a second", read_pages(fleet, 15, 50))
                else:
                    threading.Event().wait(15)
                rates.append((applied(fleet) - before) / (time.monotonic() - begun))
                print(f"ingested {rates[-1]:.0f} snapshots a second {'with' if reading else 'without'} reading", flush=True)
            print(f"ingestion loses {100 * (1 - (rates[1] + rates[3]) / (rates[0] + rates[2])):.0f} %")
        finally:
            more.terminate()
            more.wait()
    finally:
        fleet.close()


if __name__ == "__main__":
    main()
