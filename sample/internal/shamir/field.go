package shamir

// Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, the field of AES (FIPS 197, section 4). Addition is exclusive or.

// multiply takes time that does not depend on its arguments: they are secret.
func multiply(a, b byte) byte {
	var product byte
	for range 8 {
		product ^= -(b & 1) & a
		b >>= 1
		a = a<<1 ^ -(a>>7)&0x1b
	}
	return product
}

// invert returns a^254, which is 1/a for every a but 0 and 0 for 0.
func invert(a byte) byte {
	result := byte(1)
	for range 7 {
		a = multiply(a, a)
		result = multiply(result, a)
	}
	return result
}

// evaluate returns the polynomial's value at x; coefficients begin with the constant.
func evaluate(coefficients []byte, x byte) byte {
	var value byte
	for i := len(coefficients) - 1; i >= 0; i-- {
		value = multiply(value, x) ^ coefficients[i]
	}
	return value
}
