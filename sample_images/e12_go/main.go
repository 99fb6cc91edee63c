// A clock that answers over HTTP.
package main

import (
	"fmt"
	"log"
	"net/http"
	"time"
)

func main() {
	http.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(answer, time.Now().UTC().Format(time.RFC3339))
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
