// Asks servers by https, as any Go program would: a file with the roots to trust, then URLs. Prints
// for each the status, or why there is none.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
)

func main() {
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots.AppendCertsFromPEM(pem)
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	client := &http.Client{Transport: trusting}
	for _, url := range os.Args[2:] {
		answer, err := client.Get(url)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(answer.StatusCode)
	}
}
