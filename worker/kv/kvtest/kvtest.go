// Package kvtest tests the contract of [kv.Store]. It also runs against the js/wasm adapter and,
// inside workerd, against real KV. So its cases return errors and need no [testing.T].
package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"edgecheckout/worker/kv"
)

// Case is one promise of the store. Run returns an error if the promise was broken.
type Case struct {
	Name string
	Run  func(ctx context.Context, store kv.Store, prefix string) error
}

// Cases lists the contract. A case writes only below its prefix, which must be new and at most 200
// bytes long.
var Cases = []Case{
	{"a missing key is nil", missingKey},
	{"a written value is read back at once where it was written", readOwnWrite},
	{"an empty value is not a missing one", emptyValue},
	{"values are text, kept exactly", textValue},
	{"the text <null> is a value like any other", nullText},
	{"many keys are read in the order asked, with the missing between them", manyKeys},
	{"the last write wins", lastWrite},
	{"a deleted key is missing, and deleting it again is no error", deleted},
	{"a list is in byte order and below its prefix only", listOrder},
	{"a list goes on from its cursor and ends", listPages},
	{"keys and lists are read together", readTogether},
	{"an expiry that is too near is accepted", nearExpiry},
	{"a key that cannot be held is refused", badKeys},
	{"a large value survives", largeValue},
}

// Run runs all cases and joins their errors.
func Run(ctx context.Context, store kv.Store, prefix string) error {
	var failed []error
	for i, c := range Cases {
		if err := c.Run(ctx, store, fmt.Sprintf("%s%02d/", prefix, i)); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", c.Name, err))
		}
	}
	return errors.Join(failed...)
}

func expect(ctx context.Context, store kv.Store, key string, want []byte) error {
	values, err := store.Get(ctx, key)
	if err != nil {
		return err
	}
	if len(values) != 1 || (values[0] == nil) != (want == nil) || !bytes.Equal(values[0], want) {
		return fmt.Errorf("got %q, want %q", values, want)
	}
	return nil
}

func put(ctx context.Context, store kv.Store, pairs ...string) error {
	var entries []kv.Entry
	for i := 0; i < len(pairs); i += 2 {
		entries = append(entries, kv.Entry{Key: pairs[i], Value: []byte(pairs[i+1])})
	}
	return store.Put(ctx, entries...)
}

func missingKey(ctx context.Context, store kv.Store, prefix string) error {
	return expect(ctx, store, prefix+"nothing", nil)
}

func readOwnWrite(ctx context.Context, store kv.Store, prefix string) error {
	return errors.Join(
		expect(ctx, store, prefix+"a", nil), // the miss is cached elsewhere, but not here
		put(ctx, store, prefix+"a", "1"),
		expect(ctx, store, prefix+"a", []byte("1")))
}

func emptyValue(ctx context.Context, store kv.Store, prefix string) error {
	return errors.Join(put(ctx, store, prefix+"a", ""), expect(ctx, store, prefix+"a", []byte{}))
}

func textValue(ctx context.Context, store kv.Store, prefix string) error {
	value := []byte("\x00\x01\"\\ ü’\u2028\U0001f600\ufffd\r\n\ufeff ")
	return errors.Join(
		store.Put(ctx, kv.Entry{Key: prefix + "a", Value: value}),
		expect(ctx, store, prefix+"a", value))
}

func nullText(ctx context.Context, store kv.Store, prefix string) error {
	return errors.Join(put(ctx, store, prefix+"a", "<null>"), expect(ctx, store, prefix+"a", []byte("<null>")))
}

func manyKeys(ctx context.Context, store kv.Store, prefix string) error {
	if err := put(ctx, store, prefix+"a", "1", prefix+"c", "3"); err != nil {
		return err
	}
	values, err := store.Get(ctx, prefix+"c", prefix+"b", prefix+"a", prefix+"c")
	if err != nil {
		return err
	}
	if len(values) != 4 || string(values[0]) != "3" || values[1] != nil || string(values[2]) != "1" || string(values[3]) != "3" {
		return fmt.Errorf("got %q", values)
	}
	none, err := store.Get(ctx)
	if err != nil || len(none) != 0 {
		return fmt.Errorf("reading no keys: %q, %w", none, err)
	}
	return nil
}

func lastWrite(ctx context.Context, store kv.Store, prefix string) error {
	return errors.Join(put(ctx, store, prefix+"a", "1"), put(ctx, store, prefix+"a", "2"), expect(ctx, store, prefix+"a", []byte("2")))
}

func deleted(ctx context.Context, store kv.Store, prefix string) error {
	return errors.Join(
		put(ctx, store, prefix+"a", "1", prefix+"b", "2"),
		store.Delete(ctx, prefix+"a", prefix+"b"),
		expect(ctx, store, prefix+"a", nil),
		store.Delete(ctx, prefix+"a", prefix+"never-there"))
}

func listOrder(ctx context.Context, store kv.Store, prefix string) error {
	if err := put(ctx, store, prefix+"in/b", "", prefix+"in/a", "", prefix+"in/B", "", prefix+"out", ""); err != nil {
		return err
	}
	page, err := store.List(ctx, prefix+"in/", "", 100)
	if err != nil {
		return err
	}
	want := []string{prefix + "in/B", prefix + "in/a", prefix + "in/b"}
	if !slices.Equal(page.Keys, want) || page.Cursor != "" {
		return fmt.Errorf("got %q, cursor %q", page.Keys, page.Cursor)
	}
	page, err = store.List(ctx, prefix+"nothing/", "", 100)
	if err != nil || len(page.Keys) != 0 || page.Cursor != "" {
		return fmt.Errorf("an empty list: %v, %w", page, err)
	}
	return nil
}

func listPages(ctx context.Context, store kv.Store, prefix string) error {
	var entries []kv.Entry
	var want []string
	for i := range 7 {
		key := fmt.Sprintf("%s%d", prefix, i)
		entries, want = append(entries, kv.Entry{Key: key}), append(want, key)
	}
	if err := store.Put(ctx, entries...); err != nil {
		return err
	}
	var got []string
	cursor := ""
	for range 8 {
		page, err := store.List(ctx, prefix, cursor, 3)
		if err != nil {
			return err
		}
		if len(page.Keys) > 3 {
			return fmt.Errorf("a page of 3 has %d keys", len(page.Keys))
		}
		got = append(got, page.Keys...)
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("got %q", got)
	}
	return nil
}

func nearExpiry(ctx context.Context, store kv.Store, prefix string) error {
	return errors.Join(
		store.Put(ctx, kv.Entry{Key: prefix + "a", Value: []byte("1"), ExpiresAt: time.Now().Add(time.Second)}),
		expect(ctx, store, prefix+"a", []byte("1")))
}

func badKeys(ctx context.Context, store kv.Store, prefix string) error {
	for _, key := range []string{"", ".", "..", strings.Repeat("k", kv.MaxKeyBytes+1)} {
		if _, err := store.Get(ctx, key); err == nil {
			return fmt.Errorf("reading key of %d bytes was accepted", len(key))
		}
		if err := store.Put(ctx, kv.Entry{Key: key}); err == nil {
			return fmt.Errorf("writing key of %d bytes was accepted", len(key))
		}
	}
	return nil
}

func largeValue(ctx context.Context, store kv.Store, prefix string) error {
	value := bytes.Repeat([]byte("0123456789abcdef"), 1<<14) // 256 KiB
	return errors.Join(
		store.Put(ctx, kv.Entry{Key: prefix + "a", Value: value, ExpiresAt: time.Now().Add(time.Hour)}),
		expect(ctx, store, prefix+"a", value))
}

func readTogether(ctx context.Context, store kv.Store, prefix string) error {
	if err := put(ctx, store, prefix+"a", "1", prefix+"b", "2", prefix+"c/x", "3", prefix+"c/y", ""); err != nil {
		return err
	}
	for _, keys := range [][]string{nil, {prefix + "b"}, {prefix + "b", prefix + "nothing", prefix + "c/y", prefix + "a"}} {
		values, pages, err := kv.Read(ctx, store, keys, []kv.Query{{Prefix: prefix + "c/", Limit: 10}, {Prefix: prefix + "none/", Limit: 10}, {Prefix: prefix, Limit: 2}})
		if err != nil {
			return err
		}
		if len(values) != len(keys) || len(pages) != 3 || !slices.Equal(pages[0].Keys, []string{prefix + "c/x", prefix + "c/y"}) || pages[0].Cursor != "" ||
			len(pages[1].Keys) != 0 || pages[1].Cursor != "" || !slices.Equal(pages[2].Keys, []string{prefix + "a", prefix + "b"}) || pages[2].Cursor == "" {
			return fmt.Errorf("got %q and %q", values, pages)
		}
		for i, key := range keys {
			if err := expect(ctx, store, key, values[i]); err != nil {
				return err
			}
		}
		rest, err := store.List(ctx, prefix, pages[2].Cursor, 10)
		if err != nil || !slices.Equal(rest.Keys, pages[0].Keys) {
			return fmt.Errorf("the list goes on with %q, %w", rest.Keys, err)
		}
	}
	return nil
}
