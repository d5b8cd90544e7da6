package worker

import "strings"

// maxLocale is the length that RFC 5646, 4.4.1, recommends to support.
const maxLocale = 35

// locale returns a language tag; "" if it is absent. Tags of languages that the page does not have
// are allowed: merchants pass on what a browser tells them.
func (p *params) locale(name string) string {
	s := p.text(name, maxLocale)
	if s == "" {
		return ""
	}
	for i, part := range strings.Split(s, "-") {
		letters := strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
		digits := strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
		if i == 0 && (!letters || len(part) < 2 || len(part) > 3) || !digits || part == "" || len(part) > 8 {
			p.fail(invalid(name, "%s must be a language tag such as es or pt-BR (BCP 47).", name))
			return ""
		}
	}
	return s
}
