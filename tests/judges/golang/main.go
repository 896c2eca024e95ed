// A judge of transparency logs: answers lines of JSON with what golang.org/x/mod says of them.
package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Question is one line of input; what it needs depends on Op.
type Question struct {
	Op                                   string
	Key, Text, Signer, Directory         string
	Note, Leaf, Root, OldRoot, PublicKey []byte
	Proof, Leaves                        [][]byte
	Index, Size, OldSize                 int64
}

// Answer is one line of output; Error says why the judge rejects.
type Answer struct {
	Error string   `json:"error,omitempty"`
	Text  string   `json:"text,omitempty"`
	Note  []byte   `json:"note,omitempty"`
	Root  []byte   `json:"root,omitempty"`
	Proof [][]byte `json:"proof,omitempty"`
	Time  uint64   `json:"time,omitempty"`
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<28)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		var question Question
		answer, err := Answer{}, json.Unmarshal(input.Bytes(), &question)
		if err == nil {
			answer, err = judge(question)
		}
		if err != nil {
			answer.Error = err.Error()
		}
		output.Encode(answer)
	}
}

func judge(q Question) (Answer, error) {
	switch q.Op {
	case "note":
		return openNote(q)
	case "sign":
		return signNote(q)
	case "inclusion":
		return inclusion(q)
	case "consistency":
		return consistency(q)
	case "tiles":
		return fromTiles(q)
	case "tree":
		return tree(q)
	case "cosignature":
		return cosignature(q)
	}
	return Answer{}, fmt.Errorf("no such question: %s", q.Op)
}

func openNote(q Question) (Answer, error) {
	verifier, err := note.NewVerifier(q.Key)
	if err != nil {
		return Answer{}, err
	}
	opened, err := note.Open(q.Note, note.VerifierList(verifier))
	if err != nil {
		return Answer{}, err
	}
	return Answer{Text: opened.Text}, nil
}

func signNote(q Question) (Answer, error) {
	signer, err := note.NewSigner(q.Signer)
	if err != nil {
		return Answer{}, err
	}
	signed, err := note.Sign(&note.Note{Text: q.Text}, signer)
	return Answer{Note: signed}, err
}

func inclusion(q Question) (Answer, error) {
	root, err := hash(q.Root)
	if err != nil {
		return Answer{}, err
	}
	proof, err := hashes(q.Proof)
	if err != nil {
		return Answer{}, err
	}
	return Answer{}, tlog.CheckRecord(proof, q.Size, root, q.Index, tlog.RecordHash(q.Leaf))
}

func consistency(q Question) (Answer, error) {
	root, err := hash(q.Root)
	if err != nil {
		return Answer{}, err
	}
	oldRoot, err := hash(q.OldRoot)
	if err != nil {
		return Answer{}, err
	}
	proof, err := hashes(q.Proof)
	if err != nil {
		return Answer{}, err
	}
	return Answer{}, tlog.CheckTree(proof, q.Size, root, q.OldSize, oldRoot)
}

// tree builds a tree of leaves, and proves one of them and an earlier size.
func tree(q Question) (Answer, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for n, leaf := range q.Leaves {
		more, err := tlog.StoredHashes(int64(n), leaf, reader)
		if err != nil {
			return Answer{}, err
		}
		stored = append(stored, more...)
	}
	size := int64(len(q.Leaves))
	root, err := tlog.TreeHash(size, reader)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Root: root[:]}
	if q.OldSize > 0 {
		proof, err := tlog.ProveTree(size, q.OldSize, reader)
		answer.Proof = bytesOf(proof)
		return answer, err
	}
	proof, err := tlog.ProveRecord(size, q.Index, reader)
	answer.Proof = bytesOf(proof)
	return answer, err
}

// files reads tiles as C2SP tlog-tiles lays them out; Go's own paths name the height too.
type files struct{ directory string }

func (f files) Height() int                         { return 8 }
func (f files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f files) ReadTiles(t []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range t {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(f.directory, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// fromTiles proves a leaf from published tiles alone, against a signed root.
func fromTiles(q Question) (Answer, error) {
	root, err := hash(q.Root)
	if err != nil {
		return Answer{}, err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: q.Size, Hash: root}, files{q.Directory})
	proof, err := tlog.ProveRecord(q.Size, q.Index, reader)
	if err != nil {
		return Answer{}, err
	}
	return Answer{}, tlog.CheckRecord(proof, q.Size, root, q.Index, tlog.RecordHash(q.Leaf))
}

// cosignature checks the last line of a note as tlog-cosignature says, with plain Ed25519.
func cosignature(q Question) (Answer, error) {
	text, lines, found := strings.Cut(string(q.Note), "\n\n")
	if !found {
		return Answer{}, errors.New("no note")
	}
	all := strings.Split(strings.TrimSuffix(lines, "\n"), "\n")
	last := all[len(all)-1]
	blob, err := base64.StdEncoding.DecodeString(last[strings.LastIndex(last, " ")+1:])
	if err != nil || len(blob) != 4+8+ed25519.SignatureSize {
		return Answer{}, errors.New("no cosignature")
	}
	time := binary.BigEndian.Uint64(blob[4:12])
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s\n", time, text)
	if !ed25519.Verify(q.PublicKey, []byte(message), blob[12:]) {
		return Answer{}, errors.New("the cosignature does not verify")
	}
	return Answer{Time: time}, nil
}

func hash(data []byte) (tlog.Hash, error) {
	var h tlog.Hash
	if len(data) != tlog.HashSize {
		return h, errors.New("a hash has 32 bytes")
	}
	copy(h[:], data)
	return h, nil
}

func hashes(all [][]byte) ([]tlog.Hash, error) {
	found := []tlog.Hash{}
	for _, data := range all {
		h, err := hash(data)
		if err != nil {
			return nil, err
		}
		found = append(found, h)
	}
	return found, nil
}

func bytesOf(all []tlog.Hash) [][]byte {
	found := [][]byte{}
	for i := range all {
		found = append(found, all[i][:])
	}
	return found
}
